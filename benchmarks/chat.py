"""Worked answers to school sums: a small chat model before and after it is tuned on them.

    python benchmarks/chat.py --data-root ../shared/data [--seeds 1 2 3] [--with "OPTIONS"]
        [--table]

GSM8K, read where it lies: SmolLM2-135M-Instruct (`make chat-model`) with low-rank adapters, recipe
`chat`, trained for one epoch on the first 3,000 rows of train, validated on its last 500, tested on
the test rows, of which the first 200 are answered. What is done stands in
benchmarks/results/chat.json after each training, so that a benchmark that was killed goes on where
it was; docs/chat_results.md is written from it. Bars: the loss of the answers 40 % below that of
the untuned model; of the answers that are said, 95 % end by themselves within 400 ids and have a
line of the result. The exit code is 1 where a mean misses one. `--with` tries other options and
stores nothing: choose by val/perplexity.
"""

from __future__ import annotations

import csv
import math
import statistics
import sys
from pathlib import Path

from by_seed import ROOT, Benchmark, Key, Row, cost, mean, with_spread

FOLDER = ROOT / ".cache" / "gsm8k"
ANSWERED, LONGEST = 200, 400
LOWER, ENDED = 40.0, 95.0
COLUMNS = [
    *("data", "recipe", "loss untuned", "tuned", "lower by", "ended with a result"),
    *("untuned ended", "exact match", "untuned", "nearest", "commonest", "seeds", "s", "MB"),
]
HEAD = f"""# Chat

Written by `benchmarks/chat.py` from `benchmarks/results/chat.json`; don't edit it. GSM8K:
SmolLM2-135M-Instruct with low-rank adapters, trained on 3,000 rows for one epoch, with 500 others
to validate on, on the test rows. The loss is that of the right answers' ids, in nats, before and
after. The first {ANSWERED} rows are answered, the likeliest id at each step: the share that ends by
itself within {LONGEST} ids and has a line of the result (`####`), in %, and whose result is right,
beside the answer to the most similar question of train and the commonest result.

| {" | ".join(COLUMNS)} |
|{"|".join("--:" if place > 1 else "---" for place in range(len(COLUMNS)))}|
"""


def options_of(name: str, data_root: Path) -> list[str]:
    """The options that name the files, which are cut from those of the set."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    lines = (data_root / name / "train.jsonl").read_text("utf-8").splitlines(keepends=True)
    for split, some in {"train": lines[:3000], "val": lines[-500:]}.items():
        (FOLDER / f"{split}.jsonl").write_text("".join(some), "utf-8")
    files = {split: FOLDER / f"{split}.jsonl" for split in ("train", "val")}
    files["test"] = data_root / name / "test.jsonl"
    options = [f"--data.{split}={path}" for split, path in files.items()]
    of_answers = {"sample": ANSWERED, "longest": LONGEST, "extract": "#### *(.+)"}
    options += [f"--model.objective.{n}={value}" for n, value in of_answers.items()]
    # one epoch: the bar is an hour on two cores
    return [*options, "--trainer.max_epochs=1"]


def ended(name: str, folder: Path, data_root: Path) -> dict[str, float]:
    """Of a run, the share of its answers that end by themselves and have a line of the result."""
    with (folder / "predictions.csv").open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["ended"]]
    found = [row["ended"].lower() == "true" and "\n####" in row["label"] for row in rows]
    return {"test/ended_with_result": statistics.fmean(found)}


def line_of(key: Key, rows: list[Row]) -> tuple[str, bool]:
    """The line of the set, and whether its bars are met."""
    losses = [
        statistics.fmean(math.log(row["metrics"][f"{when}/perplexity"]) for row in rows)
        for when in ("untuned", "test")
    ]
    lower = 100 * (1 - losses[1] / losses[0])
    cells = [key[0], rows[0]["recipe"], *(f"{loss:.3f}" for loss in losses), f"{lower:.1f} %"]
    cells += [with_spread(rows, "test/ended_with_result"), f"{mean(rows, 'untuned/ended'):.1f}"]
    cells += [with_spread(rows, "test/exact_match")]
    others = ("untuned", "baseline", "majority")
    cells += [f"{mean(rows, f'{way}/exact_match'):.1f}" for way in others]
    met = lower >= LOWER and mean(rows, "test/ended_with_result") >= ENDED
    return f"| {' | '.join([*cells, *cost(rows)])} |", met


BENCHMARK = Benchmark(
    "chat",
    ["gsm8k"],
    options_of,
    ("chat", "chat"),
    ("val/perplexity", "test/perplexity", "untuned/perplexity", "test/exact_match"),
    HEAD,
    line_of,
    ended,
)

if __name__ == "__main__":
    sys.exit(BENCHMARK.main(__doc__))
