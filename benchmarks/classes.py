"""Many classes and two, by the defaults of an earlier build and of this one: time and macro F1.

    python benchmarks/classes.py --data-root ../shared/data [--old a18a5bf^] [--seeds 1 2 3]

The first 77 intents of CLINC150, by name, and ChnSentiCorp's two classes; each build takes its own
default on the same files, in a process of one thread, by turns, into a cache of its own. Bars: 77
classes in a third of the processor time, two classes in no more, and no lower macro F1 (mean over
seeds, less half a point). The exit code is 1 where one is missed.
"""

from __future__ import annotations

import argparse
import csv
import json
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from unmoved import processor_seconds, tree_of

OLD = "a18a5bf^"  # before defaults were chosen from the data
FASTER = {"77 classes": 3.0, "2 classes": 1.0}
WITHIN = 0.005
SPLITS, FILES = ("train", "val", "test"), ("train", "dev", "test")
Result = tuple[float, float]
"""Processor seconds and macro F1."""


def write_intents(source: Path, folder: Path) -> list[str]:
    """Write the rows of the first 77 intents; gives the options that name them."""
    tables = {split: source / f"{name}.csv" for split, name in zip(SPLITS, FILES, strict=True)}
    rows = {}
    for split, path in tables.items():
        with path.open(encoding="utf-8", newline="") as file:
            rows[split] = [(row["text"], row["intent"]) for row in csv.DictReader(file)]
    kept = {*sorted({label for _, label in rows["train"]})[:77]}
    for split, found in rows.items():
        with (folder / f"{split}.csv").open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([("text", "label"), *(r for r in found if r[1] in kept)])
    return [f"--data.{split}={folder / split}.csv" for split in SPLITS]


def reviews(source: Path) -> list[str]:
    """The options that name ChnSentiCorp's files."""
    named = [f"--data.{s}={source / f}.tsv" for s, f in zip(SPLITS, FILES, strict=True)]
    return [*named, "--data.text=text_a"]


def run(tree: Path, options: Sequence[str], seed: int) -> Result:
    """Train by the code of a checkout in an empty folder."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        (folder / "configs").symlink_to(tree / "configs")
        command = [sys.executable, str(tree / "src" / "train.py"), "train", *options]
        command += [f"--seed_everything={seed}", "--trainer.enable_progress_bar=false"]
        environment = {"PYTHONPATH": str(tree / "src"), "OMP_NUM_THREADS": "1"}
        busy = processor_seconds()
        ended = subprocess.run(command, cwd=folder, env=environment, capture_output=True)
        if ended.returncode:
            raise SystemExit(f"{tree}: {' '.join(command)}\n{ended.stderr.decode()[-3000:]}")
        seconds = processor_seconds() - busy
        metrics = json.loads((folder / "logs" / "latest" / "metrics.json").read_text("utf-8"))
    return seconds, metrics["test/f1_macro"]


def main() -> int:
    """Compare; gives 1 if a bar is missed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data-root", type=Path, default=Path("../shared/data"))
    parser.add_argument("--old", default=OLD, help="revision to compare with")
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    options = parser.parse_args()
    root, missed = options.data_root.resolve(), 0
    with tempfile.TemporaryDirectory() as scratch, ExitStack() as trees:
        given = {"old": options.old, "new": None}
        both = [trees.enter_context(tree_of(r, Path(scratch) / n)) for n, r in given.items()]
        sets = {
            "77 classes": write_intents(root / "clinc150", Path(scratch)),
            "2 classes": reviews(root / "chnsenticorp"),
        }
        for name, files in sets.items():
            rounds = [[run(tree, files, seed) for tree in both] for seed in options.seeds]
            (was, before), (now, after) = (
                [statistics.fmean(r[build][value] for r in rounds) for value in (0, 1)]
                for build in (0, 1)
            )
            met = was / now >= FASTER[name] and after >= before - WITHIN
            missed += not met
            print(
                f"{name}: {was:.0f} s → {now:.0f} s of processor ({was / now:.2f} ×), macro F1"
                f" {100 * before:.2f} → {100 * after:.2f}, {'met' if met else 'missed'}",
                flush=True,
            )
    return int(missed > 0)


if __name__ == "__main__":
    sys.exit(main())
