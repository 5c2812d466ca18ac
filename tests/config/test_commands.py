"""Command lines that are printed work where they are printed: in any folder, with any name."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import TINY, Command, reviews, write_csv

from weitiao.config import commands
from weitiao.config.commands import called, near, program
from weitiao.config.commands import command as line_of

ROOT = Path(__file__).parents[2]


def printed(err: str, word: str) -> list[str]:
    """The step below ``next:`` that has this word."""
    steps = err.partition("next:\n")[2].splitlines()
    return shlex.split(next(step for step in steps if f" {word} " in step))


@pytest.mark.slow
def test_the_next_steps_run_as_they_are_printed(command: Command, tmp_path: Path) -> None:
    folder = tmp_path / "my data; $(x)"
    folder.mkdir()
    write_csv(folder / "my.csv", reviews(60))
    own = ("--run.root=logs of 我", "--run.name=it's", "--trainer.max_epochs=1")
    done = command("fit", "--data.train=my.csv", *TINY, *own, cwd=folder)
    assert done.code == 0, done.err
    environment = os.environ | {"PYTHONPATH": str(ROOT / "src")}
    predict = [word.replace("FILE", "my.csv") for word in printed(done.err, "predict")]
    ran = subprocess.run(predict, cwd=folder, env=environment, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
    assert (folder / "predictions.csv").is_file()
    board = printed(done.err, "--logdir")
    assert Path(folder, board[-1]).is_dir()
    tune = printed(done.err, "--trials")
    assert Path(folder, tune[-1]).is_file()
    assert Path(tune[1]).stem == "tune"  # a script's, or the verb of weitiao
    again = command(*tune[2:], "--help=all", cwd=folder, script="tune.py")
    assert again.code == 0, again.err


def test_a_script_is_named_as_it_is_found_from_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", str(tmp_path / "env/bin/python"))
    monkeypatch.setenv("PATH", str(tmp_path / "other"))
    monkeypatch.chdir(ROOT)
    assert line_of("fit", "a b") == f"{tmp_path}/env/bin/python src/train.py fit 'a b'"
    monkeypatch.chdir(tmp_path)
    assert line_of("tune") == f"env/bin/python {ROOT}/src/tune.py"
    assert line_of("train") == f"env/bin/python {ROOT}/src/train.py train"
    for name in ("python", "weitiao"):
        path = tmp_path / "env/bin" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(0o755)
    assert line_of("test") == "env/bin/weitiao test"
    monkeypatch.setenv("PATH", str(tmp_path / "env/bin"))
    assert (line_of("test"), program("python")) == ("weitiao test", "python")
    monkeypatch.setattr(commands, "SCRIPTS", tmp_path)  # the wheel: no scripts
    assert (line_of("test"), line_of("tune")) == ("weitiao test", "weitiao tune")
    monkeypatch.setattr(commands, "SCRIPTS", ROOT / "src")
    assert (called("fit"), called("tune")) == ("train.py fit", "tune.py")
    assert near(tmp_path / "x" / ".." / "y") == "y"
    monkeypatch.chdir(ROOT)
    monkeypatch.setattr(sys, "argv", ["/any/bin/weitiao", "tune"])
    assert (called("fit"), line_of("tune")) == ("weitiao fit", "weitiao tune")
