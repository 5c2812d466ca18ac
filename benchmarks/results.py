"""Results on real data, remade by one command.

    python benchmarks/results.py --data-root ../shared/data --model-root ../shared/models
        [--only NAME …] [--seeds 1 2 3] [--protocols leak-free] [--threads N] [--table]

Each result is one `src/train.py train` in a process of its own: it chooses by validation, tests
once and measures the baseline on the same rows. What is done stands in
benchmarks/results/real_data.json after each run, so a benchmark that was killed goes on where it
was; a changed recipe is run anew. docs/results.md is written from that file, with --table without
running anything. The exit code is 1 where a mean misses its goal.
"""

from __future__ import annotations

import argparse
import json
import platform
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from importlib.metadata import version
from itertools import product
from pathlib import Path
from typing import Any

from experiments import EXPERIMENTS, PROTOCOLS, Protocol
from results_page import all_met, page
from training import train

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "benchmarks" / "results" / "real_data.json"
PAGE = ROOT / "docs" / "results.md"
Row = dict[str, Any]


def planned(names: list[str], seeds: list[int], protocols: list[Protocol]) -> Iterator[Row]:
    """The trainings to do, as the first fields of their rows: one seed of all, then the next."""
    for seed, name, protocol in product(seeds, names, protocols):
        if protocol == "leak-free" or EXPERIMENTS[name].raw:
            arguments = EXPERIMENTS[name].arguments(protocol, seed)
            yield {"name": name, "protocol": protocol, "seed": seed, "arguments": arguments}


def measure(plan: Row, roots: Mapping[str, Path], threads: int) -> Row:
    """Do a planned training; its whole row."""
    arguments = [argument.format(**roots) for argument in plan["arguments"]]
    arguments += ["--run.threads", str(threads), "--trainer.enable_progress_bar", "false"]
    with tempfile.TemporaryDirectory() as root:
        run = train(arguments, Path(root))
        card = json.loads((run.folder / "data_card.json").read_text("utf-8"))
    kept = {name: value for name, value in run.metrics.items() if "/f1_class/" not in name}
    return {
        **plan,
        "metrics": kept,
        "rows": card["rows"],
        "seconds": round(run.seconds, 1),
        "cpu_seconds": round(run.cpu_seconds, 1),
        "threads": threads,
        "processor": processor(),
        "versions": {name: version(name) for name in ("torch", "lightning", "transformers")},
        "commit": commit(),
    }


def commit() -> str:
    """The commit in use; ``+`` marks changes beside it."""
    git = ["git", "-C", str(ROOT)]
    name = subprocess.check_output([*git, "rev-parse", "--short", "HEAD"], text=True).strip()
    changes = subprocess.check_output([*git, "status", "--porcelain", "src", "configs"], text=True)
    return name + ("+" if changes else "")


def processor() -> str:
    """The processor's name, where the system tells it."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text("utf-8").splitlines() if info.is_file() else []
    named = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(named, platform.processor() or platform.machine())


def stored() -> list[Row]:
    """The rows that earlier trainings left, of recipes that still stand."""
    rows = json.loads(RESULTS.read_text("utf-8")) if RESULTS.is_file() else []
    return [row for row in rows if row["arguments"] == _recipe(row)]


def _recipe(row: Row) -> list[str] | None:
    experiment = EXPERIMENTS.get(row["name"])
    return experiment.arguments(row["protocol"], row["seed"]) if experiment else None


def store(row: Row) -> None:
    """Add a row, in place of an earlier one of the same experiment, protocol and seed."""

    def key(row: Row) -> tuple[int, str, int]:
        return list(EXPERIMENTS).index(row["name"]), row["protocol"], row["seed"]

    rows = [old for old in stored() if key(old) != key(row)]
    part = RESULTS.with_suffix(".part")
    part.write_text(json.dumps(sorted([*rows, row], key=key), indent=1) + "\n", "utf-8")
    part.replace(RESULTS)


def main() -> int:
    """Check the files, train what is missing, write the page."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data-root", type=Path, default=Path("../shared/data"))
    parser.add_argument("--model-root", type=Path, default=Path("../shared/models"))
    parser.add_argument("--only", nargs="+", choices=EXPERIMENTS, default=list(EXPERIMENTS))
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--protocols", nargs="+", choices=PROTOCOLS, default=list(PROTOCOLS))
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--table", action="store_true", help="only write docs/results.md")
    options = parser.parse_args()
    roots = {"data": options.data_root, "model": options.model_root}
    plans = [] if options.table else list(planned(options.only, options.seeds, options.protocols))
    needed = {s.title: s for plan in plans for s in EXPERIMENTS[plan["name"]].sources}
    for source in needed.values():
        source.check(roots)
    for number, plan in enumerate(plans, 1):
        if any(plan.items() <= row.items() for row in stored()):
            continue
        print(f"{number}/{len(plans)}: {plan['name']}, {plan['protocol']}, seed {plan['seed']}")
        store(measure(plan, roots, options.threads))
        PAGE.write_text(page(stored()), "utf-8")
    PAGE.write_text(page(stored()), "utf-8")
    return 0 if all_met(stored()) else 1


if __name__ == "__main__":
    sys.exit(main())
