"""What more rows cost: preparation, an epoch and prediction of 30,000, 300,000 and 3,000,000 rows.

    python benchmarks/growth.py [--rows 30000 300000 3000000] [--dir FOLDER]

The rows are generated and distinct, the model is the bag of n-grams. Each step is a command of its
own: ``fit`` that prepares and trains on one batch, ``fit`` that finds the data prepared and trains
for an epoch, with its validation, and ``predict`` of the whole file. Seconds are those of the whole
process, memory is its peak (``ru_maxrss``, mapped files included).

What a row costs is what the next larger file takes more: what a process takes to start is
in neither. The bar: no step takes more than 1.3 times the seconds a row of the file before,
start-up included. About 3 GB of disk and a quarter of an hour, for 3,000,000 rows.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from generated import write_reviews
from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).parents[1]
MOST = 1.3
STEPS = ("preparation", "epoch", "prediction")


class Cost(NamedTuple):
    """What a process took.

    Args:
        peak: of memory, in bytes.
    """

    seconds: float
    peak: float


def run(script: str, *options: str) -> Cost:
    """Run a script of `src/`."""
    command = [sys.executable, str(ROOT / "src" / script), *options]
    since = time.perf_counter()
    with tempfile.TemporaryFile() as told:
        process = subprocess.Popen(command, cwd=ROOT, stdout=told, stderr=told)
        _, status, used = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - since
        if status:
            told.seek(0)
            sys.exit(f"{' '.join(command)}\n{told.read().decode()[-3000:]}")
    return Cost(seconds, used.ru_maxrss * 1024)


def measured(rows: int, folder: Path) -> dict[str, Cost]:
    """The cost of each step."""
    file, name = folder / f"{rows}.csv", f"growth-{rows}"
    write_reviews(file, rows)
    options = ("fit", "--config=configs/default.yaml", "--config=configs/model/bag.yaml")
    options += ("--recipe=none", f"--data.train={file}", f"--data.cache={folder}/cache")
    options += (f"--run.root={folder}/runs", f"--run.name={name}", "--trainer.max_epochs=1")
    options += ("--trainer.accelerator=cpu", "--trainer.enable_progress_bar=false")
    few = ("--trainer.limit_train_batches=1", "--trainer.limit_val_batches=1")
    costs = [run("train.py", *options, *few), run("train.py", *options)]
    run_folder = max((folder / "runs").glob(f"*-{name}"))
    best, out = run_folder / "checkpoints" / "best.ckpt", folder / f"{rows}.labels.csv"
    given = (f"--ckpt_path={best}", f"--data.predict={file}", f"--out={out}")
    costs.append(run("train.py", "predict", *given))
    with out.open("rb") as written:
        if (found := sum(1 for _ in written) - 1) != rows:
            sys.exit(f"{found} of {rows} rows were predicted")
    return dict(zip(STEPS, costs, strict=True))


def main() -> int:
    """Measure all sizes; 1 where the bar isn't met."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, nargs="+", default=[30_000, 300_000, 3_000_000])
    parser.add_argument("--dir", help="where the temporary folder is made")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.dir) as folder:
        found = {}
        for rows in sorted(options.rows):
            found[rows] = measured(rows, Path(folder))
            print(rows, found[rows], file=sys.stderr, flush=True)
    table = Table(title="of each step, and of a row more", title_justify="left")
    for title in ("rows", *(f"{step}, {unit}" for step in STEPS for unit in ("s", "MB"))):
        table.add_column(title, justify="right")
    for rows, costs in found.items():
        cells = (f"{v:,.1f}" for c in costs.values() for v in (c.seconds, c.peak / 1e6))
        table.add_row(f"{rows:,}", *cells)
    linear = True
    for (less, few), (more, many) in pairwise(found.items()):
        cells = [f"a row to {more:,}"]
        for step in STEPS:
            before, after = few[step], many[step]
            linear &= after.seconds / more <= MOST * before.seconds / less
            seconds, size = ((b - a) / (more - less) for a, b in zip(before, after, strict=True))
            cells += [f"{seconds * 1e6:.1f} µs", f"{size:,.0f} bytes"]
        table.add_row(*cells)
    Console(width=160).print(table)
    return 0 if linear else 1


if __name__ == "__main__":
    sys.exit(main())
