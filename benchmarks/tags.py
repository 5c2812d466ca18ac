"""Named entities of Chinese and English: the recipes of spans beside simpler models.

    python benchmarks/tags.py --data-root ../shared/data [--only uner_zh wnut17] [--encoder]
        [--seeds 1 2 3] [--with "OPTIONS"] [--table]

Without --encoder the recipe is `tags`, from scratch; with it, `pretrained_tags`. What is done
stands in benchmarks/results/tags.json after each training, so that a benchmark that was killed goes
on where it was; docs/tags_results.md is written from it. Bars: with the encoder, entity F1 (strict)
of 76 on UNER's Chinese and 35 on WNUT 17; from scratch, more than the linear model on UNER. The
exit code is 1 where a mean misses its bar. `--with` tries other options and stores nothing: choose
by val/f1.
"""

from __future__ import annotations

import sys
from pathlib import Path

from by_seed import Benchmark, Key, Row, cost, mean, with_spread

WNUT17 = ("wnut17train.conll", "emerging.dev.conll", "emerging.test.annotated")
SETS = {
    "uner_zh": ("uner_zh", "zh_gsdsimp-ud-{}.iob2", ("train", "dev", "test")),
    "wnut17": ("wnut17", "{}", WNUT17),
}
BARS = {("uner_zh", True): 76.0, ("wnut17", True): 35.0}
HEAD = """# Named entities

Written by `benchmarks/tags.py` from `benchmarks/results/tags.json`; don't edit it. F1 of entities
in % on test: strict (begin, end and type, over all entities: seqeval's strict IOB2), mean ±
deviation over seeds. `tags` is the recipe from scratch, `pretrained_tags` that with the encoder.
Beside it the linear model (a support vector machine of each word or hanzi and its neighbours, C
chosen on dev) and the dictionary of train's entities, of the longest match.

| data | recipe | F1 | bar | linear | dictionary | edges alone | val F1 | seeds | s | MB |
|---|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|
"""


def options_of(name: str, data_root: Path) -> list[str]:
    """The options that name a set's files."""
    folder, pattern, parts = SETS[name]
    names = zip(("train", "val", "test"), parts, strict=True)
    files = {split: data_root / folder / pattern.format(part) for split, part in names}
    named = [f"--data.{split}={file}" for split, file in files.items()]
    return [*named, "--data.format=conll", "--task=tags"]


def line_of(key: Key, rows: list[Row]) -> tuple[str, bool]:
    """The line of a set, and whether its bar is met."""
    bar = BARS.get(key, mean(rows, "baseline/f1") if key == ("uner_zh", False) else None)
    others = ("baseline/f1", "dictionary/f1", "test/f1_edges", "val/f1")
    cells = [key[0], rows[0]["recipe"], with_spread(rows, "test/f1")]
    cells += ["" if bar is None else f"{bar:.1f}", *(f"{mean(rows, n):.1f}" for n in others)]
    return f"| {' | '.join([*cells, *cost(rows)])} |", bar is None or mean(rows, "test/f1") >= bar


BENCHMARK = Benchmark(
    "tags",
    [*SETS],
    options_of,
    ("tags", "pretrained_tags"),
    ("val/f1", "test/f1", "baseline/f1"),
    HEAD,
    line_of,
)

if __name__ == "__main__":
    sys.exit(BENCHMARK.main(__doc__))
