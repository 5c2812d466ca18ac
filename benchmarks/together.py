"""Two trainings at once on the same cores, each with a thread per core, beside one alone.

    python benchmarks/together.py [--steps 60] [--spins 300000]

Ids per second of both together, as a multiple of one's: of the command as it is, and with the
spinning of idle threads that libgomp has by itself (`--spins`). The bar is 1.0 for the first.
"""

from __future__ import annotations

import argparse
import csv
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).parents[1]
BAR = 1.0
TRAINING = (
    *("--config", str(ROOT / "configs" / "default.yaml"), "--recipe", "none"),
    *("--model.backbone", "Transformer", "--model.backbone.layers", "4"),
    *("--model.backbone.width", "256", "--trainer.limit_val_batches", "1"),
    *("--trainer.log_every_n_steps", "5", "--trainer.enable_progress_bar", "false"),
)


def rates(count: int, steps: int, environment: dict[str, str]) -> list[float]:
    """Ids a second of each of so many trainings at once, medians without the first quarter."""
    with tempfile.TemporaryDirectory(prefix="weitiao-") as folder:
        command = [sys.executable, str(ROOT / "src" / "train.py"), "fit", *TRAINING]
        command += ["--trainer.max_steps", str(steps)]
        begun = [
            subprocess.Popen(
                [*command, "--run.folder", f"{folder}/{number}"],
                cwd=ROOT,
                env=os.environ | environment,
                stderr=subprocess.DEVNULL,
            )
            for number in range(count)
        ]
        if any(process.wait() for process in begun):
            raise SystemExit("a training failed: run it alone to see why")
        found = []
        for number in range(count):
            with Path(folder, str(number), "metrics.csv").open(encoding="utf-8") as file:
                rows = [r for r in csv.DictReader(file) if r["metric"] == "speed/tokens_per_s"]
            found.append(statistics.median(float(r["value"]) for r in rows[len(rows) // 4 :]))
        return found


def main() -> int:
    """Print the table; fails if the bar is missed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--steps", type=int, default=60)
    parser.add_argument("--spins", default="300000", help="what libgomp does unless told")
    options = parser.parse_args()
    table = Table("idle threads", "alone, ids/s", "two at once", "together")
    ratios = []
    for name, environment in (("sleep", {}), ("spin", {"GOMP_SPINCOUNT": options.spins})):
        (alone,), two = (rates(n, options.steps, environment) for n in (1, 2))
        ratios.append(sum(two) / alone)
        shown = " + ".join(f"{rate:,.0f}" for rate in two)
        table.add_row(name, f"{alone:,.0f}", shown, f"{ratios[-1]:.2f} ×")
    Console().print(table)
    print(f"bar {BAR}: {'met' if ratios[0] >= BAR else 'missed'}")
    return ratios[0] < BAR


if __name__ == "__main__":
    sys.exit(main())
