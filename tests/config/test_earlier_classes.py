"""What was written under an earlier layout of the package loads under this one."""

from __future__ import annotations

import csv
import shutil
from pathlib import Path
from pydoc import locate

import pytest
from conftest import Command

from weitiao.config.earlier_names import CLASSES, renamed

OLD = "weitiao.models.backbones.Transformer"
NEW = CLASSES[OLD]
EARLIER = Path(__file__).parent / "earlier_run"
"""A run of 747e6e3, before inputs, targets and objectives had rooms of their own: its config, its
checkpoints (a path of the machine taken out), its data, and what `predict` wrote of these then."""


@pytest.mark.parametrize("path", CLASSES.values())
def test_each_class_is_where_the_table_says(path: str) -> None:
    assert isinstance(locate(path), type)


def test_only_class_paths_change() -> None:
    values = {"a": [OLD, 1, None], "b": {"class_path": OLD, "c": f"{OLD}s"}}
    assert renamed(values) == {"a": [NEW, 1, None], "b": {"class_path": NEW, "c": f"{OLD}s"}}


@pytest.mark.slow
def test_an_earlier_run_is_used_and_gone_on_with(tmp_path: Path, command: Command) -> None:
    run = tmp_path / "logs" / "20261129-001100-fit"
    (run / "checkpoints").mkdir(parents=True)
    for name in ("best.ckpt", "last.ckpt"):
        shutil.copy(EARLIER / name, run / "checkpoints")
    shutil.copy(EARLIER / "config.yaml", run)
    shutil.copy(EARLIER / "my.csv", tmp_path)

    def done(*arguments: str) -> None:
        outcome = command(*arguments, cwd=tmp_path)
        assert outcome.code == 0, outcome.err

    best, last = (f"--ckpt_path={run}/checkpoints/{name}.ckpt" for name in ("best", "last"))
    done("predict", best, "--data.predict=my.csv", "--out=now.csv", "--hardware.accelerator=cpu")
    then, now = (rows_of(path) for path in (EARLIER / "then.csv", tmp_path / "now.csv"))
    assert len(then) == 80
    for was, found in zip(then, now, strict=True):
        assert found.keys() == was.keys()
        assert all(found[name] == was[name] for name in ("id", "text", "label"))
        for name in ("p(好评)", "p(差评)"):  # to the last digit on the same processor only
            assert float(found[name]) == pytest.approx(float(was[name]), abs=1e-4)
    done("fit", f"--config={run}/config.yaml", "--trainer.max_epochs=1")
    done("fit", last, "--trainer.max_epochs=3")
    assert {row["epoch"] for row in rows_of(run / "metrics.csv")} == {"2"}  # the third


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_the_command_line_takes_an_earlier_path(trained: Path, command: Command) -> None:
    options = (f"--model.backbone={OLD}", "--model.backbone.layers=1", "--print_config")
    done = command("fit", "--data.train=my.csv", *options, cwd=trained)
    assert done.code == 0, done.err
    assert f"class_path: {NEW}" in done.out
