"""Who names a run or a study that is not there is told which there are."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from weitiao.errors import ConfigError
from weitiao.io.checkpoint_file import load_checkpoint
from weitiao.io.nearby import BEST, newest, runs_near
from weitiao.serving.models import Models
from weitiao.training.run_folder import RunFolder
from weitiao.tuning.options import Search
from weitiao.tuning.study import reopen


def made(place: Path, mark: str, *names: str) -> None:
    """Folders that hold a file, each younger than the one before."""
    for second, name in enumerate(names):
        file = place / name / mark
        file.parent.mkdir(parents=True)
        file.touch()
        os.utime(file, (second, second))


@pytest.fixture
def logs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The relative folder of two runs, with one that has saved nothing."""
    monkeypatch.chdir(tmp_path)
    made(Path("logs"), BEST, "zz-older", "aa-newer")
    (tmp_path / "logs" / "failed").mkdir()
    return Path("logs")


def test_the_newest_come_first_and_are_five_at_most(tmp_path: Path) -> None:
    made(tmp_path, "mark", *"fedcba")
    assert [place.name for place in newest(tmp_path, "mark")] == [*"abcde"]
    assert newest(tmp_path / "nowhere", "mark") == []


@pytest.mark.parametrize("path", ["logs/latst", "logs/latst/checkpoints/best.ckpt", "nothere"])
def test_runs_that_are_there_are_named(path: str, logs: Path) -> None:
    said = "there are: logs/aa-newer, logs/zz-older"
    assert runs_near(Path(path)) == said
    for use in (
        lambda: load_checkpoint(Path(path)),
        lambda: RunFolder.of_checkpoint(Path(path)),
        lambda: Models({"default": Path(path)}, pytest.fail),
    ):
        with pytest.raises(ConfigError) as error:
            use()
        assert error.value.hint == said


def test_where_no_run_is_nothing_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert runs_near(Path("logs/latest")) is None


def test_studies_that_are_there_are_named(tmp_path: Path) -> None:
    made(tmp_path, "journal.log", "job-7", "mine")
    with pytest.raises(ConfigError, match="there is no study 'min' in") as error:
        reopen(Search(study="min", root=str(tmp_path)))
    assert error.value.hint == "there are: mine, job-7"
