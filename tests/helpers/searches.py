"""Searches over small reviews as people start them, and what they leave."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import TINY, Command, reviews, write_csv

TUNE = Path(__file__).parents[2] / "src" / "tune.py"

SPACE = """
model.optim.lr: {low: 1.0e-3, high: 1.0e-1, log: true}
model.objective.pooling: {choices: [mean, max]}
"""
GRID = """
model.objective.pooling: {choices: [mean, max]}
model.objective.head.kind: {choices: [linear, mlp]}
"""
SEARCH = (
    "--space=space.yaml",
    "--workers=0",
    "--pruner=none",
    "--run.threads=1",
    "--data.train=my.csv",
    *TINY,
    # trials begin from an empty config instead of the embedded corpus
    "--config=base.yaml",
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_csv(tmp_path / "my.csv", reviews(200))
    (tmp_path / "space.yaml").write_text(SPACE, "utf-8")
    (tmp_path / "base.yaml").write_text("seed_everything: 3\n", "utf-8")
    return tmp_path


def trials(folder: Path, study: str = "default") -> list[dict[str, str]]:
    with (folder / "logs" / "tune" / study / "trials.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def scores(folder: Path) -> dict[str, float]:
    return json.loads((folder / "metrics.json").read_text("utf-8"))


def tune(command: Command, folder: Path, *options: str) -> str:
    done = command(*SEARCH, *options, cwd=folder, script="tune.py")
    assert done.code == 0, done.err
    return done.out + done.err


def refused(command: Command, folder: Path, *options: str) -> str:
    done = command(*SEARCH, *options, cwd=folder, script="tune.py")
    assert done.code == 1, done.err
    assert "Traceback" not in done.err
    return done.err


def start(folder: Path, *options: str) -> subprocess.Popen[str]:
    """A search as people start it: a process with workers of its own."""
    search = [option for option in SEARCH if option != "--workers=0"]
    return subprocess.Popen(
        [sys.executable, str(TUNE), *search, *options],
        cwd=folder,
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
    )
