"""A run that is killed at any moment goes on as if it never was."""

from __future__ import annotations

import json
import random
import signal
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from conftest import Command, Outcome, reviews, write_csv
from resumed_runs import OPTIONS, WITHOUT_KILL, by_test, rows

from weitiao.io.checkpoint_file import load_checkpoint

pytestmark = [pytest.mark.slow, pytest.mark.faults]

FIT = ("fit", *OPTIONS, "--trainer.max_epochs=6")


@dataclass(frozen=True)
class Unbroken:
    """What a run gives that nobody kills."""

    folder: Path
    seconds: float
    rows: list[tuple[str, ...]]
    best: dict[str, Any]


@pytest.fixture(scope="module")
def unbroken(command: Command, tmp_path_factory: pytest.TempPathFactory) -> Unbroken:
    folder = tmp_path_factory.mktemp("kills")
    write_csv(folder / "my.csv", reviews(200))
    command("fit", "--help=all", cwd=folder)  # what only the first command waits for
    since = time.monotonic()
    done = command(*FIT, "--run.root=unbroken", "--data.cache=unbroken", cwd=folder)
    assert done.code == 0, done.err
    run = folder / "unbroken" / "latest"
    return Unbroken(folder, time.monotonic() - since, rows(run), best(run))


def best(run: Path) -> dict[str, Any]:
    """The scores of the best epoch."""
    scores = json.loads((run / "metrics.json").read_text("utf-8"))
    return {name: value for name, value in scores.items() if name != "fit/seconds"}


def stage(root: Path) -> str:
    """How far a killed run had come; whatever it has saved can be loaded."""
    if not (root / "latest").exists():
        return "before training"
    saved = [
        name
        for name in ("last", "previous", "best")
        if (path := root / "latest" / "checkpoints" / f"{name}.ckpt").exists()
        and load_checkpoint(path)
    ]
    assert "last" in saved or not saved
    if not saved:
        return "before the first checkpoint"
    return "at the end" if (root / "latest" / "metrics.json").exists() else "in training"


def go_on(
    command: Command, folder: Path, root: Path, *more: str, kill_after: float | None = None
) -> Outcome:
    """Resume from the last checkpoint, or begin anew where there is none."""
    last = root / "latest" / "checkpoints" / "last.ckpt"
    again: tuple[str, ...] = (*FIT, f"--run.root={root.name}")
    if last.exists():
        again = ("fit", f"--ckpt_path={last}", *more)
    return command(*again, f"--data.cache={root.name}/cache", cwd=folder, kill_after=kill_after)


@pytest.mark.parametrize("workers", [0, 2])
def test_a_run_that_is_killed_at_any_moment_goes_on_to_the_same_digits(
    workers: int, command: Command, unbroken: Unbroken, full: bool, record_property: Any
) -> None:
    kills, draw = 20 if full else 3, random.Random(workers)
    stages: Counter[str] = Counter()
    for number in range(kills):
        root = unbroken.folder / f"killed-{workers}-{number}"
        # one in each part of the run
        moment = unbroken.seconds * (number + draw.random()) / kills
        options = (f"--run.root={root.name}", f"--data.cache={root.name}/cache")
        start = (*FIT, f"--data.batch.workers={workers}", *options)
        if command(*start, cwd=unbroken.folder, kill_after=moment).code == 0:
            stages["after its end"] += 1
            continue
        stages[stage(root)] += 1
        done = go_on(command, unbroken.folder, root)
        assert done.code == 0, done.err
        assert "damaged" not in done.err
        assert rows(root / "latest") == unbroken.rows, f"killed after {moment:.3f} s"
        assert best(root / "latest") == unbroken.best
    record_property("cases", kills)
    record_property("outcome", ", ".join(f"{count} {name}" for name, count in stages.items()))
    assert stages["in training"], stages


def test_a_run_that_is_killed_again_and_again_ends_with_the_same_digits(
    command: Command, unbroken: Unbroken, full: bool, record_property: Any
) -> None:
    kills, draw = 20 if full else 3, random.Random(2)
    root = unbroken.folder / "again"
    met = 0
    for _ in range(kills):
        moment = unbroken.seconds * draw.uniform(0.2, 0.8)
        met += go_on(command, unbroken.folder, root, kill_after=moment).code != 0
    done = go_on(command, unbroken.folder, root)
    assert done.code == 0, done.err
    assert rows(root / "latest") == unbroken.rows
    assert best(root / "latest") == unbroken.best
    record_property("cases", kills)
    record_property("outcome", f"{met} kills met it alive")


@pytest.mark.parametrize(("step", "what"), [(17, "step"), (20, "epoch")])
def test_a_checkpoint_counts_when_the_rows_of_its_steps_are_logged(
    step: int, what: str, command: Command, unbroken: Unbroken
) -> None:
    root = unbroken.folder / f"unlogged-{what}"
    kill = (f"--trainer.callbacks.step={step}", f"--trainer.callbacks.what={what}")
    options = (*by_test("kill_unlogged.KillUnlogged"), *kill, f"--run.root={root.name}")
    killed = command(*FIT, *options, cwd=unbroken.folder)
    assert killed.code == -signal.SIGKILL, killed.err
    done = go_on(command, unbroken.folder, root, *WITHOUT_KILL)
    assert done.code == 0, done.err
    assert rows(root / "latest") == unbroken.rows
