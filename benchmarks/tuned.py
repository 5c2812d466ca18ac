"""Is what a search finds better on test, too? The default configuration beside the tuned one.

    python benchmarks/tuned.py [--only reviews trec] [--data-root ../shared/data]
        [--trials 50] [--seeds 3] [--root FOLDER]

A search of so many trials, its three best trained again under other seeds, the best of these by
mean validation score (perhaps the default itself) tested: `src/tune.py --confirm 3`. The default is
tested under the same seeds. With `--root` the searches are kept, and go on where they were.

TREC-6 has a third of the rows: its default is that of `benchmarks/results.py`, 8 epochs, and 4 to
12 are searched.
"""

from __future__ import annotations

import argparse
import csv
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import yaml
from experiments import EXPERIMENTS
from rich.console import Console
from rich.table import Table
from scipy.stats import ttest_rel
from training import train

from weitiao.evaluation.testing import run_test
from weitiao.training.quiet import quiet
from weitiao.tuning.options import Search

ROOT = Path(__file__).parents[1]
SPACE = ROOT / "configs" / "search" / "default.yaml"
TOP = 3


def start_of(name: str, data_root: Path) -> tuple[list[str], dict[str, Any]]:
    """The command line to start from, and what is searched."""
    space = yaml.safe_load(SPACE.read_text("utf-8"))
    if name == "reviews":
        return ["--config=configs/default.yaml", "--recipe=reviews"], space
    given = [part.format(data=data_root) for part in EXPERIMENTS[name].arguments("leak-free", 1)]
    return given, space | {"trainer.max_epochs": {"low": 4, "high": 12}}


def searched(name: str, args: argparse.Namespace, root: Path) -> list[dict[str, str]]:
    """Search and confirm; the rows of ``confirm.csv``, those of the best candidate first."""
    start, space = start_of(name, args.data_root)
    root.mkdir(parents=True, exist_ok=True)
    (root / f"{name}.yaml").write_text(yaml.safe_dump(space), "utf-8")
    own = {"trials": args.trials, "study": name, "root": root, "space": root / f"{name}.yaml"}
    own |= {"confirm": TOP, "seeds": args.seeds}
    options = [f"--{key}={value}" for key, value in own.items()]
    subprocess.run([sys.executable, "src/tune.py", *options, *start], cwd=ROOT, check=True)
    folder = Search(root=str(root), study=name).folder
    (table,) = folder.glob(f"{name}-confirm-*-{TOP}x{args.seeds}/confirm.csv")
    with table.open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def tested(rows: list[dict[str, str]], root: Path) -> list[dict[str, float]]:
    """Metrics on test of one candidate's runs; trained again where the checkpoint is gone."""
    found = []
    for row in rows:
        best = Path(row["folder"]) / "checkpoints" / "best.ckpt"
        if best.is_file():
            found.append(run_test([f"--ckpt_path={best}"], Console(quiet=True)))
        else:
            again = ["--config", row["config"], "--seed_everything", row["seed"]]
            again += ["--trainer.enable_progress_bar=false"]
            found.append(train(again, root / row["seed"]).metrics)
    return found


def main() -> int:
    """Search, test, print; 1 where the tuned one isn't better on test."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", nargs="+", choices=("reviews", "trec"), default=["reviews"])
    parser.add_argument("--data-root", type=Path, default=Path("../shared/data"))
    parser.add_argument("--trials", type=int, default=50)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--root", type=Path, help="keeps the searches")
    args = parser.parse_args()
    quiet()
    table = Table(title=f"macro F1 in %, {args.seeds} seeds", title_justify="left")
    for title in ("", "tuned is", "val default", "val tuned", "test default", "test tuned", "p"):
        table.add_column(title, justify="right", no_wrap=True)  # figures are not to be cut
    better = True
    with tempfile.TemporaryDirectory() as folder:
        for name in args.only:
            rows = searched(name, args, args.root or Path(folder))
            best = rows[0]["candidate"]
            scores: dict[tuple[str, str], list[float]] = {}
            for candidate in ("start", best):
                own = [row for row in rows if row["candidate"] == candidate]
                scores["val", candidate] = [float(row["value"]) for row in own]
                runs = tested(own, Path(folder) / candidate)
                scores["test", candidate] = [run["test/f1_macro"] for run in runs]
            default, tuned = scores["test", "start"], scores["test", best]
            better &= statistics.fmean(tuned) > statistics.fmean(default)
            p = "" if best == "start" else f"{ttest_rel(tuned, default).pvalue:.3f}"
            cells = (spread(scores[part, c]) for part in ("val", "test") for c in ("start", best))
            table.add_row(name, best, *cells, p)
    Console(width=None if sys.stdout.isatty() else 120).print(table)
    return 0 if better else 1


def spread(scores: list[float]) -> str:
    """Mean and standard deviation in percent."""
    return f"{100 * statistics.fmean(scores):.2f} ± {100 * statistics.stdev(scores):.2f}"


if __name__ == "__main__":
    sys.exit(main())
