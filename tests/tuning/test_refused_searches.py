"""Searches that fail or can't be continued so: what is said of them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from conftest import Command, reviews, write_csv
from searches import SEARCH, SPACE, refused, trials, tune
from searches import folder as folder

from weitiao.tuning.study import other_values


@pytest.mark.slow
def test_failures_keep_their_reason_and_end_the_study(command: Command, folder: Path) -> None:
    # heads of width 16 that don't divide it: each trial fails on its own
    space = "model.backbone.init_args.heads: {choices: [3, 5, 7]}\n"
    (folder / "space.yaml").write_text(space, "utf-8")
    said = refused(command, folder, "--trials=2")
    assert "5 trials failed in a row" in said
    assert "no multiple of" in said
    assert "Traceback" in (folder / "logs/tune/default/failure-4.txt").read_text("utf-8")


def test_one_failure_does_not_end_the_study(command: Command, folder: Path) -> None:
    space = "model.backbone.init_args.heads: {choices: [1, 2, 3]}\n"
    (folder / "space.yaml").write_text(space, "utf-8")
    tune(command, folder, "--trials=9", "--sampler=grid")
    found = {t["model.backbone.init_args.heads"]: t for t in trials(folder)}
    assert {heads: t["state"] for heads, t in found.items()} == {
        "1": "COMPLETE",
        "2": "COMPLETE",
        "3": "FAIL",
    }
    assert "no multiple of" in found["3"]["reason"]


@pytest.mark.slow
def test_another_start_is_refused_with_the_difference(command: Command, folder: Path) -> None:
    tune(command, folder, "--trials=1")
    same = tune(command, folder, "--trials=1", "--model.optim.lr=1e-2")  # as TINY has it
    assert "1/1 done" in same
    said = refused(command, folder, "--trials=2", "--model.objective.head.kind=mlp")
    assert "begun with other values" in said
    assert "→ a study of its own: --study NAME" in said
    assert "config.model.objective.init_args.head.kind: linear → mlp" in said
    assert "search.seed: 0 → 9" in refused(command, folder, "--trials=2", "--seed=9")
    (folder / "space.yaml").write_text(SPACE.replace("1.0e-1", "1.0e-2"), "utf-8")
    said = refused(command, folder, "--trials=2")
    assert "space.model.optim.lr.high: 0.1 → 0.01" in said
    (folder / "space.yaml").write_text(SPACE, "utf-8")
    write_csv(folder / "my.csv", reviews(220))
    said = refused(command, folder, "--trials=2")
    assert re.search(r"data\.rows\.train: \d+ → \d+", said)
    assert "data.fingerprint" in said


def test_a_start_that_fails_in_all_trials_is_refused_before_the_first(
    command: Command, folder: Path
) -> None:
    assert "val/f1_makro" in refused(command, folder, "--run.monitor=val/f1_makro")
    assert not (folder / "logs").exists()


@pytest.mark.slow
def test_two_folders_do_not_share_a_database(command: Command, folder: Path) -> None:
    storage = f"--storage=sqlite:///{folder / 'study.db'}"
    tune(command, folder, "--trials=1", storage)
    assert "2/2 done" in tune(command, folder, "--trials=2", storage)
    said = refused(command, folder, "--trials=3", storage, "--root=elsewhere")
    assert "another folder" in said


def test_options_that_trials_have_of_their_own_are_refused(command: Command, folder: Path) -> None:
    assert "--run.name: trials have folders of their own" in refused(
        command, folder, "--run.name=a"
    )


def test_options_may_have_hyphens_and_a_misspelt_one_is_told(
    command: Command, folder: Path
) -> None:
    done = command(*SEARCH, "--keep-tpo=2", cwd=folder, script="tune.py")
    assert done.code == 2
    assert "keep-tpo" in done.err
    assert "here it is --trials" in refused(command, folder, "--n-trials=2")
    assert "at least 1" in refused(command, folder, "--keep-top=0")


def test_another_recipe_is_told_before_what_it_brings_along() -> None:
    then = {f"config.{i}": 0 for i in range(12)} | {"config.recipe": "reviews"}
    now = dict.fromkeys(then, 1) | {"config.recipe": "english"}
    said = str(other_values("mine", [*then], then, now)).splitlines()
    assert said[1] == "  config.recipe: reviews → english"
    assert said[-2:] == [
        "  and 3 more",
        "  → as it was begun: --recipe reviews; or a study of its own: --study NAME",
    ]
    unnamed = other_values("mine", [*then], then | {"config.recipe": "auto"}, now)
    assert "--recipe none" in str(unnamed)
