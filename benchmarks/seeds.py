"""The default model over several seeds, beside the baseline: is the difference more than luck?

    python benchmarks/seeds.py --seeds 1 2 3 [--config FILE …]

Each seed is one `src/train.py train` in a process of its own. The table gives test scores, the time
of the whole command, and McNemar's exact test of the rows that only one of model and baseline gets
right. Results go to benchmarks/results/seeds.json. The exit code is 1 unless the mean macro F1 is
0.5 points above the baseline and each seed is above it.
"""

from __future__ import annotations

import argparse
import csv
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table
from scipy.stats import binomtest
from training import train

from weitiao.data.datamodule import DataModule
from weitiao.evaluation.baseline import measure_baseline

BAR = 0.005
RESULTS = Path(__file__).parent / "results" / "seeds.json"

DEFAULT = ["configs/default.yaml", "configs/recipes/reviews.yaml"]


def measure(seed: int, configs: list[str], root: Path) -> dict[str, Any]:
    """Scores of one training, and which test rows it got right."""
    arguments = [part for config in configs for part in ("--config", config)]
    arguments += ["--seed_everything", str(seed)]  # after the configs, which name one too
    run = train(arguments, root / str(seed))
    with (run.folder / "predictions.csv").open(encoding="utf-8") as file:
        right = [row["label"] == row["true"] for row in csv.DictReader(file)]
    best = run.folder / "checkpoints" / "best.ckpt"
    return {
        "seed": seed,
        "seconds": run.seconds,
        "metrics": run.metrics,
        "right": np.array(right),
        "prepared": DataModule.load_from_checkpoint(best, weights_only=True).prepared,
    }


def main() -> int:
    """Train, compare, print, write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--config", nargs="+", default=DEFAULT)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as root:
        runs = [measure(seed, options.config, Path(root)) for seed in options.seeds]
    baseline = measure_baseline(runs[0]["prepared"])
    baseline_right = baseline.predicted == baseline.targets
    table = Table(title="test split, macro F1 in %", title_justify="left")
    for column in ("seed", "validation", "test", "baseline", "difference", "McNemar p", "seconds"):
        table.add_column(column, justify="right")
    rows = []
    for run in runs:
        only_model = int((run["right"] & ~baseline_right).sum())
        only_baseline = int((~run["right"] & baseline_right).sum())
        rows.append(
            {
                "seed": run["seed"],
                "val": run["metrics"]["val/f1_macro"],
                "test": run["metrics"]["test/f1_macro"],
                "baseline": run["metrics"]["baseline/f1_macro"],
                "mcnemar_p": binomtest(only_model, only_model + only_baseline).pvalue,
                "seconds": run["seconds"],
            }
        )
        row = rows[-1]
        scores = [100 * row[name] for name in ("val", "test", "baseline")]
        gain = 100 * (row["test"] - row["baseline"])
        cells = (*(f"{score:.2f}" for score in scores), f"{gain:+.2f}", f"{row['mcnemar_p']:.3f}")
        table.add_row(str(row["seed"]), *cells, f"{row['seconds']:.0f}")
    gains = np.array([row["test"] - row["baseline"] for row in rows])
    tests = np.array([row["test"] for row in rows])
    spread = tests.std(ddof=1) if len(tests) > 1 else float("nan")
    table.caption = (
        f"mean {100 * tests.mean():.2f} ± {100 * spread:.2f}, gain {100 * gains.mean():+.2f} points"
    )
    Console().print(table)
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps({"configs": options.config, "rows": rows}, indent=2) + "\n")
    return 0 if gains.mean() >= BAR and gains.min() > 0 else 1


if __name__ == "__main__":
    sys.exit(main())
