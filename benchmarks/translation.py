"""Translation from scratch, both directions of Tatoeba, beside what train has of the nearest text.

    python benchmarks/translation.py --data-root ../shared/data [--only en_zh zh_en] [--seeds 1 2]
        [--with "OPTIONS"] [--table]

Rows of val and test with a text or a translation that stands in train are left out. What is done
stands in benchmarks/results/translation.json after each training; docs/translation_results.md is
written from it. Bar: BLEU 5 points above the nearest text's. The exit code is 1 where a mean misses
it. `--with` tries other options and stores nothing: choose by val.
"""

from __future__ import annotations

import sys
from pathlib import Path

from by_seed import ROOT, Benchmark, Key, Row, cost, mean, with_spread
from likeness import Pairs, tatoeba

from weitiao.io.csv_file import write_csv

MADE = ROOT / ".cache" / "translation"
"""Files of pairs that are made of a set's own."""
GAIN = 5.0  # points of BLEU above the nearest text's
HEAD = """# Translation

Written by `benchmarks/translation.py` from `benchmarks/results/translation.json`; don't edit it.
Scores of test in %, mean ± deviation over seeds, by sacrebleu
([signatures](translation.md#scores)). Tatoeba, split by the MD5 of the English side; rows of val
and test with a text or a translation that stands in train are left out.

| direction | BLEU | bar | nearest | chrF | TER | val BLEU | seeds | s | MB |
|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|
"""


def folded(text: str) -> str:
    """A text without the differences that readers overlook."""
    return "".join(text.casefold().split())


def without_leaks(pairs: Pairs, train: Pairs) -> Pairs:
    """Those whose sides both stand in none of train."""
    known = [{folded(pair[side]) for pair in train} for side in (0, 1)]
    return [pair for pair in pairs if all(folded(pair[side]) not in known[side] for side in (0, 1))]


def pairs_of(name: str, folder: Path) -> dict[str, Pairs]:
    """The pairs of a direction, by split."""
    parts = tatoeba(folder)  # Chinese first
    if name == "en_zh":
        parts = {split: [(b, a) for a, b in pairs] for split, pairs in parts.items()}
    return {
        split: pairs if split == "train" else without_leaks(pairs, parts["train"])
        for split, pairs in parts.items()
    }


def options_of(name: str, data_root: Path) -> list[str]:
    """The options that name a direction's files, which are made."""
    folder = MADE / name
    folder.mkdir(parents=True, exist_ok=True)
    options = ["--task=translation", "--model.objective.beams=4"]
    for split, pairs in pairs_of(name, data_root).items():
        write_csv(folder / f"{split}.csv", [("text", "label"), *pairs])
        options.append(f"--data.{split}={folder / split}.csv")
    return options


def line_of(key: Key, rows: list[Row]) -> tuple[str, bool]:
    """The line of a direction, and whether its bar is met."""
    nearest = mean(rows, "baseline/bleu")
    cells = [key[0], with_spread(rows, "test/bleu"), f"{nearest + GAIN:.1f}", f"{nearest:.1f}"]
    cells += [with_spread(rows, f"test/{name}") for name in ("chrf", "ter")]
    cells += [f"{mean(rows, 'val/bleu'):.1f}", *cost(rows)]
    return f"| {' | '.join(cells)} |", mean(rows, "test/bleu") >= nearest + GAIN


BENCHMARK = Benchmark(
    "translation",
    ["en_zh", "zh_en"],
    options_of,
    ("translation", "translation"),
    ["val/bleu", "test/bleu", "test/chrf", "baseline/bleu"],
    HEAD,
    line_of,
)

if __name__ == "__main__":
    sys.exit(BENCHMARK.main(__doc__))
