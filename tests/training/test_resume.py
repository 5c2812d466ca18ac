"""A run that was killed at any batch goes on as if it never was."""

from __future__ import annotations

import json
import random
import signal
from pathlib import Path

import pytest
from conftest import Command, reviews, run_behind, write_csv
from resumed_runs import EPOCHS, OPTIONS, STEPS, WITHOUT_KILL, by_test, rows

# each class as often, its texts changed anew in every epoch
AUGMENTED = (
    "--data.sampling=balanced",
    "--data.input.augment.steps=[{method: swap}, {method: lookalike}]",
)


def scores(run: Path) -> dict[str, float]:
    """What was measured of the best checkpoint, with the weights that were fitted to it."""
    found = json.loads((run / "metrics.json").read_text("utf-8"))
    return {name: value for name, value in found.items() if name != "fit/seconds"}


def kill_and_resume(command: Command, folder: Path, step: int, options: list[str]) -> Path:
    """The folder of a run that was killed at a step and then ran to its end."""
    kill = (*by_test("kill_at.KillAt"), f"--trainer.callbacks.step={step}")
    killed = command("fit", f"--run.root=killed-{step}", *options, *kill, cwd=folder)
    assert killed.code == -signal.SIGKILL, killed.err
    run = folder / f"killed-{step}" / "latest"
    last = run / "checkpoints" / "last.ckpt"
    resumed = command("fit", "--ckpt_path", last.resolve(), *WITHOUT_KILL, cwd=folder)
    assert resumed.code == 0, resumed.err
    return run


def stops_equal_the_unbroken_run(
    command: Command, folder: Path, stops: list[int], workers: int, more: tuple[str, ...] = ()
) -> None:
    write_csv(folder / "my.csv", reviews(200))
    options = [*OPTIONS, *more, f"--data.batch.workers={workers}"]
    whole = command("fit", "--run.root=whole", *options, cwd=folder)
    assert whole.code == 0, whole.err
    unbroken, measured = rows(folder / "whole" / "latest"), scores(folder / "whole" / "latest")
    assert max(int(row[0]) for row in unbroken) == STEPS - 1
    assert {"train/loss", "train/loss_epoch", "val/f1_macro"} <= {row[2] for row in unbroken}
    for step in stops:
        run = kill_and_resume(command, folder, step, options)
        assert rows(run) == unbroken, f"killed at step {step}"
        assert scores(run) == measured, f"killed at step {step}"
    last = run / "checkpoints" / "last.ckpt"
    finished = command("fit", f"--ckpt_path={last.resolve()}", *WITHOUT_KILL, cwd=folder)
    assert finished.code == 0, finished.err
    assert (rows(run), scores(run)) == (unbroken, measured)


@pytest.mark.slow
@pytest.mark.parametrize(("workers", "more"), [(0, ()), (2, AUGMENTED)])
def test_a_killed_run_goes_on_to_the_same_digits(
    command: Command, tmp_path: Path, workers: int, more: tuple[str, ...]
) -> None:
    # in mid-epoch, at the last batch of an epoch, at the first of the next
    stops_equal_the_unbroken_run(command, tmp_path, [7, 10, 11], workers, more)
    logged = rows(tmp_path / "whole" / "latest")
    shares = {value for _, _, metric, value in logged if metric == "augment/changed_share"}
    assert len(shares) == (EPOCHS if more else 0)


@pytest.mark.slow
@pytest.mark.parametrize("workers", [0, 2])
def test_random_kills(command: Command, tmp_path: Path, workers: int, full: bool) -> None:
    """Twenty with ``--faults full``, else four."""
    stops = random.Random(1).sample(range(2, STEPS), 20 if full else 4)
    stops_equal_the_unbroken_run(command, tmp_path, stops, workers)


@pytest.mark.slow
def test_the_saved_config_reruns_to_the_same_digits(command: Command, tmp_path: Path) -> None:
    write_csv(tmp_path / "my.csv", reviews(200))
    first = command("fit", "--run.root=first", *OPTIONS, "--run.threads=2", cwd=tmp_path)
    assert first.code == 0, first.err
    config = run_behind(tmp_path / "first" / "latest") / "config.yaml"
    again = command("fit", "--config", config, "--run.root=again", cwd=tmp_path)
    assert again.code == 0, again.err
    assert rows(tmp_path / "again" / "latest") == rows(tmp_path / "first" / "latest")


@pytest.mark.slow
def test_resume_refuses_other_values(command: Command, tmp_path: Path) -> None:
    write_csv(tmp_path / "my.csv", reviews(200))
    first = command("fit", *OPTIONS, "--trainer.max_epochs=1", cwd=tmp_path)
    assert first.code == 0, first.err
    last = run_behind(tmp_path / "logs" / "latest") / "checkpoints" / "last.ckpt"
    refused = command("fit", "--ckpt_path", last, "--model.optim.lr=0.5", cwd=tmp_path)
    assert refused.code == 1
    assert "model.optim.lr: 0.0005 → 0.5" in refused.err
    longer = command("fit", "--ckpt_path", last, "--trainer.max_epochs=2", cwd=tmp_path)
    assert longer.code == 0, longer.err
