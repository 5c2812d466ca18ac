"""The repository that `make new` makes is one of its own: it passes its tests, and trains."""

from __future__ import annotations

import os
import runpy
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from conftest import reviews, write_csv

ROOT = Path(__file__).parents[1]


def make(name: str, folder: Path) -> None:
    runpy.run_path(str(ROOT / "template" / "new.py"))["make"](name, folder)


def test_without_a_name_it_says_how_to_give_one() -> None:
    script = [sys.executable, str(ROOT / "template" / "new.py")]
    done = subprocess.run(script, capture_output=True, text=True)
    assert done.returncode == 1
    assert "→ make new NAME=myproject" in done.stderr


def test_a_name_that_is_no_module_or_is_taken_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="can't name a Python module"):
        make("my-project", tmp_path / "my-project")
    make("mine", tmp_path / "mine")
    project = tomllib.loads((tmp_path / "mine" / "pyproject.toml").read_text("utf-8"))
    assert project["project"]["name"] == "mine"
    files = [path for path in (tmp_path / "mine").rglob("*") if path.is_file()]
    assert len(files) == 8
    assert not [path for path in files if "myproject" in path.read_text("utf-8")]
    with pytest.raises(SystemExit, match="exists"):
        make("mine", tmp_path / "mine")


@pytest.mark.slow
def test_it_passes_its_tests_and_trains(tmp_path: Path) -> None:
    project = tmp_path / "mine"
    make("mine", project)
    paths = os.pathsep.join([str(ROOT / "src"), str(project / "src")])
    options = {"cwd": project, "env": os.environ | {"PYTHONPATH": paths, "OMP_NUM_THREADS": "1"}}
    tested = subprocess.run(
        [sys.executable, "-m", "pytest", "-q"], capture_output=True, text=True, **options
    )
    assert tested.returncode == 0, tested.stdout
    assert "2 passed" in tested.stdout
    write_csv(project / "my.csv", reviews(100), ("text", "label"))
    shown = subprocess.run(
        [
            "make",
            "--no-print-directory",
            "-n",
            "-o",
            ".venv/bin/.installed",
            "train",
            "DATA=my.csv",
        ],
        capture_output=True,
        text=True,
        **options,
    )
    words = shown.stdout.split()
    assert words[:2] == [".venv/bin/weitiao", "train"], shown
    trained = subprocess.run(
        [sys.executable, str(ROOT / "src" / "train.py"), *words[1:], "--trainer.max_epochs=1"],
        capture_output=True,
        text=True,
        **options,
    )
    assert trained.returncode == 0, trained.stderr
    assert (project / "logs" / "latest" / "predictions.csv").is_file()
