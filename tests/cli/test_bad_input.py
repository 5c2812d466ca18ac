"""What is wrong with the input is told in a few lines, and nothing is left behind."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from bad_files import BAD_FILES
from bad_inputs import ROWS, Bad
from bad_options import BAD_OPTIONS
from conftest import TINY, Command, Outcome, reviews, write_csv

SCREEN = 24  # lines
TRAIN = Path(__file__).parents[2] / "src" / "train.py"


def contents(folder: Path) -> dict[str, bytes]:
    """Each file and its bytes; a lock that nobody holds is no content."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.suffix != ".lock"
    }


def check(done: Outcome, said: Sequence[str]) -> None:
    assert done.code != 0, done.err
    assert "Traceback" not in done.err + done.out, done.err
    assert len(done.err.splitlines()) <= SCREEN, done.err
    assert "error: " in done.err, done.err
    for words in said:
        assert words in done.err, f"{words!r} is not in:\n{done.err}"
    assert done.out == ""


@pytest.mark.parametrize("bad", [*BAD_FILES, *BAD_OPTIONS], ids=lambda bad: bad.name)
def test_bad_input_is_told_in_one_screen(bad: Bad, command: Command, tmp_path: Path) -> None:
    if bad.train is not None:
        (tmp_path / "my.csv").write_bytes(bad.train)
    for name, content in bad.files.items():
        (tmp_path / name).write_bytes(content)
    before = contents(tmp_path)
    done = command(
        "train", "--data.train=my.csv", *TINY, *bad.argv, cwd=tmp_path, missing=bad.missing
    )
    print(done.err)
    check(done, bad.said)
    after = contents(tmp_path)
    whole = {
        str(p.relative_to(tmp_path))
        for c in tmp_path.glob(".cache/prepared/*/card.json")
        for p in c.parent.iterdir()
    }  # good data, prepared before a fault elsewhere was met
    assert {k: v for k, v in after.items() if k not in whole} == before
    assert not list((tmp_path / "logs").glob("*"))


def test_a_broken_checkpoint_is_told_on_resume(workplace: Path, command: Command) -> None:
    last = workplace / "logs/latest/checkpoints/last.ckpt"
    for checkpoint in (last, last.with_name("previous.ckpt")):
        checkpoint.write_bytes(checkpoint.read_bytes()[:2000])
    before = contents(workplace)
    done = command("fit", f"--ckpt_path={last}", cwd=workplace)
    check(done, ["last.ckpt", "broken", "so is", "previous.ckpt"])
    assert contents(workplace) == before


def test_other_values_on_resume_are_told(workplace: Path, command: Command) -> None:
    before = contents(workplace)
    done = command(
        "fit",
        "--ckpt_path=logs/latest/checkpoints/last.ckpt",
        "--model.optim.lr=0.5",
        cwd=workplace,
    )
    check(done, ["model.optim.lr: 0.01 → 0.5", "new run"])
    assert contents(workplace) == before


def test_another_name_on_resume_is_told(workplace: Path, command: Command) -> None:
    before = contents(workplace)
    last = "logs/latest/checkpoints/last.ckpt"
    done = command("fit", f"--ckpt_path={last}", "--run.name=other", cwd=workplace)
    check(done, ["run.name", "goes on in logs/"])
    assert contents(workplace) == before


def test_a_link_that_leads_nowhere_is_told(command: Command, tmp_path: Path) -> None:
    (tmp_path / "my.csv").symlink_to("gone.csv")
    done = command("train", "--data.train=my.csv", *TINY, cwd=tmp_path)
    check(done, ["my.csv", "gone.csv", "leads to no file"])


def test_a_text_of_a_megabyte_among_normal_ones_trains(command: Command, tmp_path: Path) -> None:
    rows = [*reviews(60)[:-1], ("服务很好" * 90_000, "好评")]  # 1.08 MB in UTF-8
    write_csv(tmp_path / "my.csv", rows)
    done = command("fit", "--data.train=my.csv", *TINY, "--trainer.max_epochs=1", cwd=tmp_path)
    assert done.code == 0, done.err
    assert "Traceback" not in done.err
    audit = json.loads((tmp_path / "logs/latest/audit.json").read_text("utf-8"))
    rows_of = {name: split["rows"] for name, split in audit["audit"]["splits"].items()}
    cut = sum(audit["encode"][name]["cut_share"] * rows_of[name] for name in rows_of)
    assert cut == pytest.approx(1)
    line = next(x for x in done.err.splitlines() if x.startswith("rows cut at 128 ids: "))
    assert sorted(part.split()[-1] for part in line.split(", ")) == ["0", "0", "1"]


def test_a_run_that_diverges_ends_with_a_word(command: Command, tmp_path: Path) -> None:
    write_csv(tmp_path / "my.csv", ROWS)
    done = command("fit", "--data.train=my.csv", *TINY, "--model.optim.lr=1e30", cwd=tmp_path)
    assert done.code == 1
    assert "Traceback" not in done.err
    assert "error: training diverged: the loss is nan in epoch 0, batch " in done.err
    assert "its rows in my.csv: " in done.err
    assert not (tmp_path / "logs/latest/checkpoints/best.ckpt").exists()


def test_thirty_rows_train_with_a_warning(command: Command, tmp_path: Path) -> None:
    write_csv(tmp_path / "my.csv", reviews(30))
    done = command("train", "--data.train=my.csv", *TINY, cwd=tmp_path)
    assert done.code == 0, done.err
    assert "! train has 24 rows only" in done.err


@pytest.mark.parametrize(
    ("argv", "code", "said"),
    [
        (["fit", "--data.train=my.csv", "--data.input.clean.steps=[emoji]"], 1, "weitiao[clean]"),
        ([], 2, "usage: train.py VERB"),
        (["fitt"], 2, "there is no verb 'fitt'"),
    ],
    ids=["missing_package", "no_verb", "unknown_verb"],
)
def test_a_fresh_interpreter_says_the_same(
    argv: list[str], code: int, said: str, tmp_path: Path
) -> None:
    folder, shadow = tmp_path / "folder", tmp_path / "shadow"
    folder.mkdir()
    write_csv(folder / "my.csv", ROWS, ("text", "label"))
    hide = "import sys\nsys.modules['emoji'] = None\n"
    shadow.mkdir()
    (shadow / "sitecustomize.py").write_text(hide, "utf-8")
    before = contents(folder)
    done = subprocess.run(
        [sys.executable, str(TRAIN), *argv],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(shadow)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == code, done.stderr
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert len(done.stderr.splitlines()) <= SCREEN
    assert done.stdout == ""
    assert contents(folder) == before
