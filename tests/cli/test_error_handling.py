"""How a command ends: on any terminal, and where Lightning refuses what the Trainer is told."""

from __future__ import annotations

import io
import runpy
import sys
from pathlib import Path

import lightning.pytorch as L
import pytest
from conftest import TINY, Command, reviews, write_csv

from weitiao.cli import error_handling, main
from weitiao.cli.error_handling import guarded

SCRIPTS = sorted((Path(__file__).parents[2] / "src").glob("*.py"))


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp1252", "gbk", "utf-8"])
def test_a_command_ends_well_whatever_its_terminal_can_show(
    encoding: str, run_of: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = {name: io.TextIOWrapper(io.BytesIO(), encoding) for name in ("stdout", "stderr")}
    for name, stream in shown.items():
        monkeypatch.setattr(sys, name, stream)
    monkeypatch.chdir(tmp_path)
    write_csv(tmp_path / "new.csv", reviews(12))
    checkpoint = f"--ckpt_path={run_of / 'checkpoints' / 'best.ckpt'}"
    assert main.main(["test", checkpoint, "--data.test=new.csv", "--hardware.accelerator=cpu"]) == 0
    shown["stdout"].flush()
    table = shown["stdout"].buffer.getvalue()  # type: ignore[attr-defined]
    escaped = b"F1 of " + "好评".encode("ascii", "backslashreplace")
    readable = encoding in ("gbk", "utf-8")
    assert ("F1 of 好评".encode(encoding) if readable else escaped) in table


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_each_script_is_guarded(script: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(main, "guarded", lambda work: 42)
    monkeypatch.setattr(sys, "argv", [script.name, *(["fit"] if script.name == "train.py" else [])])
    with pytest.raises(SystemExit) as ended:
        runpy.run_path(str(script), run_name="__main__")
    assert ended.value.code == 42


@pytest.mark.parametrize(
    ("option", "said"),
    [
        ("val_check_interval=1000", "trainer: `val_check_interval` (1000) must be less than"),
        ("val_check_interval=0", "trainer.val_check_interval = 0"),
        ("val_check_interval=1.5", "trainer: You have passed invalid value 1.5"),
        ("check_val_every_n_epoch=0", "trainer.check_val_every_n_epoch must be at least 1"),
        ("check_val_every_n_epoch=-1", "trainer.check_val_every_n_epoch must be at least 1"),
        ("limit_train_batches=0.001", "trainer: You requested to check 0.001"),
        ("max_time=abc", "trainer: `Timer(duration='abc')` is not a valid duration"),
        ("accelerator=tpu", "trainer: "),
        ("callbacks=LearningRateFinder", "trainer: When using the learning rate finder"),
        ("callbacks=BatchSizeFinder", "trainer: Field batch_size not found"),
    ],
)
def test_what_lightning_refuses_is_told_in_a_line(
    option: str, said: str, command: Command, tmp_path: Path
) -> None:
    write_csv(tmp_path / "my.csv", reviews(40))
    done = command("fit", "--data.train=my.csv", *TINY, f"--trainer.{option}", cwd=tmp_path)
    assert done.code == 1
    assert "Traceback" not in done.err
    assert f"error: {said}" in done.err
    assert not list((tmp_path / "logs").glob("*/checkpoints"))


class Faulty(L.LightningModule):
    """Calls Lightning wrongly from a hook, as a fault of ours would."""

    def training_step(self, batch: object, batch_idx: int) -> None:
        self.log("a", "no number")  # type: ignore[arg-type]

    def configure_optimizers(self) -> None:
        return None

    def train_dataloader(self) -> list[int]:
        return [1]


def test_what_lightning_raises_because_of_us_keeps_its_traceback(monkeypatch) -> None:
    options = {"logger": False, "enable_checkpointing": False, "max_epochs": 1}
    trainer = L.Trainer(**options, accelerator="cpu", enable_progress_bar=False)
    # as if this file were one of the package
    monkeypatch.setattr(error_handling, "_PACKAGE", str(Path(__file__).parents[1]))
    with pytest.raises(ValueError, match="no number"):
        guarded(lambda: trainer.fit(Faulty()))
