"""A run that lasts needs no more memory, files or threads at its end than at its beginning."""

from __future__ import annotations

import csv
from pathlib import Path
from statistics import median
from typing import Any

import pytest
from conftest import TINY, Command, reviews, write_csv
from resumed_runs import by_test

pytestmark = [pytest.mark.slow, pytest.mark.faults]

WARM_UP = 0.1  # share of the epochs in which caches fill
GROWTH = 4096  # KiB that the last third may hold above the first: what allocators lay aside
EPOCHS = 200


@pytest.mark.parametrize("workers", [0, 1])
def test_memory_and_open_files_stay_flat(
    workers: int, command: Command, tmp_path: Path, full: bool, record_property: Any
) -> None:
    seconds = 600 if full else 60
    write_csv(tmp_path / "my.csv", reviews(60))
    watch = (*by_test("soak_watch.SoakWatch"), "--trainer.callbacks.path=held.csv")
    done = command(
        *("fit", "--data.train=my.csv", *TINY, "--run.save_every=2"),
        *(f"--data.batch.workers={workers}", "--run.threads=1"),
        *(f"--trainer.max_time=00:00:{seconds // 60:02}:{seconds % 60:02}", *watch),
        "--trainer.max_epochs=100000",
        cwd=tmp_path,
    )
    assert done.code == 0, done.err
    with (tmp_path / "held.csv").open(encoding="utf-8") as file:
        held = [{name: int(value) for name, value in row.items()} for row in csv.DictReader(file)]
    assert len(held) > (EPOCHS if full else EPOCHS // 4)
    steady = held[int(WARM_UP * len(held)) :]
    third = len(steady) // 3
    first, last = steady[:third], steady[-third:]
    growth = median(row["kib"] for row in last) - median(row["kib"] for row in first)
    record_property("cases", len(held))
    mebibytes = f"{growth / 1024:+.1f} MiB at {steady[-1]['kib'] / 1024:.0f} MiB"
    record_property("outcome", f"{mebibytes} (cases are epochs)")
    assert growth <= GROWTH
    for name in ("files", "threads"):
        assert max(row[name] for row in last) <= max(row[name] for row in first), name
