"""docs/pretraining_results.md: the page that `pretraining.py` writes from what it measured."""

from __future__ import annotations

import statistics
from collections.abc import Iterator
from typing import Any

from weitiao.comparison.gain import NONE
from weitiao.evaluation.significance import paired_p

HEAD = """\
# What pretraining and word vectors gain

Written by `benchmarks/pretraining.py` from `benchmarks/results/pretraining.json`; don't edit it. To
reproduce it:

    python benchmarks/pretraining.py --data-root DATA --model-root MODELS

`DATA` and `MODELS` are the folders of [results.md](results.md). Test macro F1 in %, mean ± standard
deviation over the seeds; the best checkpoint on validation is tested once. Pretraining and word
vectors saw no text of validation or test. Each seed draws its own 500 rows, the same with and
without pretraining. Gain: mean difference under the same seeds, with p of a paired t-test; with
three seeds, only large and steady gains have a small p. Baseline: TF-IDF and a linear SVM on the
same rows.
"""
TITLES = {
    "reviews": "Embedded corpus, 2×128 from scratch; words masked whole, or single ids",
    "chnsenticorp": "ChnSentiCorp, 2×128 from scratch, pretrained on its training texts",
    "tnews": "TNEWS, 2×128 from scratch, pretrained on its training titles",
    "reviews-encoder": "Embedded corpus, four layers of the encoder, pretrained on",
    "reviews-vectors": "Embedded corpus, TextCNN of words; vectors random or skip-gram",
}
COLUMNS = ("rows", "pretraining", "macro F1", "gain", "p", "baseline", "s per run")


def page(found: dict[str, Any]) -> str:
    """The whole page, in Markdown."""
    parts = [HEAD]
    for name, measured in found.items():
        rows, facts = measured["rows"], measured["facts"]
        parts += [f"## {TITLES[name]}\n", _table(rows), *_pretrained(rows)]
        seeds = len({row["seed"] for row in rows})
        parts.append(
            f"{seeds} seeds, threads: {facts['threads']} of {facts['processor']},"
            f" commit {facts['commit']}.\n"
        )
    return "\n".join(parts)


def _table(rows: list[dict[str, Any]]) -> str:
    lines = [f"| {' | '.join(COLUMNS)} |", "|" + "---|" * len(COLUMNS)]
    for size in dict.fromkeys(row["rows"] for row in rows):
        for name in dict.fromkeys(row["pretraining"] for row in rows):
            lines.append(f"| {' | '.join(_cells(rows, size, name))} |")
    return "\n".join(lines) + "\n"


def _cells(rows: list[dict[str, Any]], size: str, name: str) -> list[str]:
    own, none = (
        sorted((r for r in rows if (r["rows"], r["pretraining"]) == (size, n)), key=_seed)
        for n in (name, NONE)
    )
    scores, without = ([100 * row["score"] for row in some] for some in (own, none))
    gain, p = "", None
    if name != NONE:
        gain = f"{statistics.fmean(scores) - statistics.fmean(without):+.2f}"
        p = paired_p(scores, without)
    baseline = 100 * statistics.fmean(row["baseline"] for row in own)
    return [
        size,
        name,
        f"{statistics.fmean(scores):.2f} ± {statistics.stdev(scores):.2f}",
        gain,
        "" if p is None else f"{p:.3f}",
        f"{baseline:.2f}",
        f"{statistics.fmean(row['seconds'] for row in own):.0f}",
    ]


def _seed(row: dict[str, Any]) -> int:
    return row["seed"]


def _pretrained(rows: list[dict[str, Any]]) -> Iterator[str]:
    for name in dict.fromkeys(row["pretraining"] for row in rows if "perplexity" in row):
        row = next(row for row in rows if row["pretraining"] == name)
        yield (
            f"- {name}: pretrained in {row['pretraining_seconds'] / 60:.0f} minutes,"
            f" val/perplexity {row['perplexity']:.1f}\n"
        )
