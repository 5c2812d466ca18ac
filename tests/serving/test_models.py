"""Models by name, and a newer one that takes an old one's place."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from served_models import Lengths

from weitiao.errors import ConfigError
from weitiao.serving.models import Models, named_runs


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    """A folder of runs, whose checkpoints hold the name of what they say."""
    for name in ("old", "new"):
        save(tmp_path / name, name)
    (tmp_path / "latest").symlink_to("old")
    return tmp_path


def save(run: Path, content: str) -> None:
    """A checkpoint beside the old one, renamed to it, as Lightning writes it."""
    (run / "checkpoints").mkdir(parents=True, exist_ok=True)
    part = run / "checkpoints" / "part"
    part.write_text(content, "utf-8")
    part.replace(run / "checkpoints" / "best.ckpt")


def read(run: Path) -> Lengths:
    said = (run / "checkpoints" / "best.ckpt").read_text("utf-8")
    if said == "broken":
        raise ConfigError(f"{run} is broken")
    return Lengths(labels=f"{said} ")


@pytest.fixture
def lines() -> list[str]:
    return []


@pytest.fixture
def models(runs: Path, lines: list[str]) -> Models:
    return Models({"default": runs / "latest"}, read, lines.append)


def says(models: Models) -> str:
    return str(models["default"].model.predict(["a"]).labels[0])


def test_runs_have_names(tmp_path: Path) -> None:
    run = str(tmp_path)
    assert named_runs([run]) == {"default": tmp_path}
    assert named_runs([f"a={run}", f"b-2={run}"]) == {"a": tmp_path, "b-2": tmp_path}
    (tmp_path / "lr=1").mkdir()
    assert named_runs([f"{run}/lr=1"]) == {"default": tmp_path / "lr=1"}


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (["a=x", "y"], "of several models each has a name, y has none"),
        (["a=x", "a=y"], "two models are called a"),
        (["a b=x"], "'a b' is no name"),
        (["=x"], "'' is no name"),
    ],
)
def test_names_that_are_none_are_refused(given: list[str], told: str) -> None:
    with pytest.raises(ConfigError, match=told):
        named_runs(given)


def test_a_run_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no model at"):
        Models({"default": tmp_path / "none"}, read)
    (tmp_path / "config.json").touch()
    with pytest.raises(ConfigError, match=r"wasn't trained here.*\n.*generate.* --chat true"):
        Models({"default": tmp_path}, read)


def linked(runs: Path) -> None:
    (runs / "part").symlink_to("new")
    (runs / "part").replace(runs / "latest")


def written(runs: Path) -> None:
    save(runs / "old", "new")


@pytest.mark.parametrize("change", [linked, written])
def test_a_newer_model_takes_the_old_ones_place(
    change: Callable[[Path], None], runs: Path, models: Models, lines: list[str]
) -> None:
    models.look()
    before = models["default"]
    change(runs)
    models.look()
    assert says(models) == "old short"  # it may be being written
    models.look()
    assert says(models) == "new short"
    assert before.model.predict(["a"]).labels == ["old short"]  # for those who began with it
    models.look()
    assert len(lines) == 1
    assert lines[0].startswith("default: took the newer model of ")


def test_a_broken_newer_model_leaves_the_old_one_until_it_is_mended(
    runs: Path, models: Models, lines: list[str]
) -> None:
    save(runs / "old", "broken")
    for _ in range(4):
        models.look()
    assert says(models) == "old short"
    assert models["default"].problem is not None
    (told,) = lines
    assert "broken\n  → the old one goes on answering" in told
    save(runs / "old", "mended")
    models.look()
    models.look()
    assert (says(models), models["default"].problem) == ("mended short", None)


def test_a_run_that_has_no_model_yet_changes_nothing(
    runs: Path, models: Models, lines: list[str]
) -> None:
    (runs / "part").symlink_to("begun")
    (runs / "part").replace(runs / "latest")
    for _ in range(3):
        models.look()
    assert (says(models), models["default"].problem, lines) == ("old short", None, [])
    os.makedirs(runs / "begun")
    save(runs / "begun", "begun")
    models.look()
    models.look()
    assert says(models) == "begun short"
