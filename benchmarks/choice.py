"""Multiple choice: the one-letter items of China's college entrance examination, 2010 to 2022.

    python benchmarks/choice.py --data-root ../shared/data [--encoder] [--seeds 1 2 3]
        [--with "OPTIONS"] [--table]

Items of all subjects of GAOKAO-Bench whose answer is one letter, parted into question and options
(benchmarks/gaokao.py): trained on the years to 2018, chosen by 2019, tested on 2020 and later.
Without --encoder the recipe is `choice`, from scratch; with it, `pretrained_choice`. What is done
stands in benchmarks/results/choice.json after each training, so that a benchmark that was killed
goes on where it was; docs/choice_results.md is written from it. The bar is 26.0, what always C
gets; the exit code is 1 where a mean misses it. `--with` tries other options and stores nothing:
choose by val/accuracy.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from by_seed import ROOT, Benchmark, Key, Row, cost, mean, with_spread
from gaokao import write_splits

FOLDER = ROOT / ".cache" / "gaokao"
BAR = 26.0
COLUMNS = {
    **{"data": "---", "recipe": "---", "accuracy": "--:", "MRR": "--:", "always C": "--:"},
    **{"usual letter": "--:", "shared words": "--:", "val": "--:"},
    **{"rows: train, val, test": "---", "left out": "---", "seeds": "--:", "s": "--:", "MB": "--:"},
}
HEAD = f"""# Multiple choice

Written by `benchmarks/choice.py` from `benchmarks/results/choice.json`; don't edit it. The items of
GAOKAO-Bench (all subjects) whose answer is one letter: trained on those of 2010 to 2018, chosen by
2019, tested on 2020 to 2022; each has four options. Accuracy and mean reciprocal rank in % on test,
mean ± deviation over seeds. Beside them what always C gets, the letter that is right most often in
train, and the option that shares most words and hanzi with its question. Left out are items whose
options can't be told from their text: they are pictures. Of 339 items, what lies within 4.7 points
of 26.0 is chance (95 %).

| {" | ".join(COLUMNS)} |
|{"|".join(COLUMNS.values())}|
"""


def options_of(name: str, data_root: Path) -> list[str]:
    """The options that name a set's files, which are written first."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    found = write_splits(data_root / name / "Objective_Questions", FOLDER)
    (FOLDER / "counts.json").write_text(json.dumps(found), "utf-8")
    files = [f"--data.{split}={FOLDER / split}.jsonl" for split in ("train", "val", "test")]
    return [*files, "--task=choice"]


def counts_of(name: str, folder: Path, data_root: Path) -> dict[str, float]:
    """Of the items: how many each split has and lacks, and how often C is right in test."""
    found = json.loads((FOLDER / "counts.json").read_text("utf-8"))
    counts = {f"{k}/{split}": n for k in ("rows", "unparsed") for split, n in found[k].items()}
    return {**counts, "always_C/accuracy": found["always_C"]}


def line_of(key: Key, rows: list[Row]) -> tuple[str, bool]:
    """The line of a set, and whether its bar is met."""
    first = rows[0]["metrics"]
    cells = [key[0], rows[0]["recipe"], *(with_spread(rows, f"test/{n}") for n in NAMES)]
    others = ("always_C", "majority", "baseline")
    cells += [f"{mean(rows, f'{name}/accuracy'):.1f}" for name in others]
    cells += [with_spread(rows, "val/accuracy")]
    for kind in ("rows", "unparsed"):
        cells.append(", ".join(f"{first[f'{kind}/{s}']:,}" for s in ("train", "val", "test")))
    return f"| {' | '.join([*cells, *cost(rows)])} |", mean(rows, "test/accuracy") > BAR


NAMES = ("accuracy", "mrr")
BENCHMARK = Benchmark(
    "choice",
    ["gaokao"],
    options_of,
    ("choice", "pretrained_choice"),
    ("val/accuracy", "test/accuracy", "test/mrr", "baseline/accuracy"),
    HEAD,
    line_of,
    counts_of,
)

if __name__ == "__main__":
    sys.exit(BENCHMARK.main(__doc__))
