"""docs/anyones_data.md, written from what `anyones_data.py` measured."""

from __future__ import annotations

import statistics
from collections import defaultdict
from typing import Any

from weitiao.evaluation.significance import paired_p

Row = dict[str, Any]
HEAD = """# The recipes on seven corpora

Written by `python benchmarks/anyones_data.py --data-root DATA` (with `--encoder` for the second
table) from `benchmarks/results/anyones_data.json`; don't edit it. Macro F1 in % on the leak-free
test split (TNEWS: dev); for STS-B zh, Spearman's correlation. `--recipe auto` chose the recipes,
without and with a pretrained encoder. "N a class" is the mean over draws of N training rows per
class and as many for validation; "all" is the mean over seeds. p: paired t-test against the
baseline on the same rows, a linear model on TF-IDF of character 1–3-grams whose C was chosen on
validation. Seconds: one thread of a machine with other work. MB: the whole run folder.
"""


def page(rows: list[Row]) -> str:
    """The whole page."""
    groups: dict[tuple[bool, str, str], list[Row]] = defaultdict(list)
    for row in rows:
        groups[row["encoder"], row["size"], row["name"]].append(row)
    parts = [HEAD]
    for encoder in (False, True):
        found = {key[1:]: group for key, group in groups.items() if key[0] is encoder}
        if found:
            title = "With the pretrained encoder" if encoder else "From scratch"
            parts.append(f"## {title}\n\n{_table(found)}")
    return "\n".join(parts)


def _table(groups: dict[tuple[str, str], list[Row]]) -> str:
    lines = [
        "| data | size | recipe | model | baseline | difference | p | runs | s | MB |",
        "|---|---|---|--:|--:|--:|--:|--:|--:|--:|",
    ]
    order = sorted(
        groups, key=lambda key: (key[0] != "all", -int(key[0]) if key[0] != "all" else 0)
    )
    return "\n".join([*lines, *(_line(key, groups[key]) for key in order), ""])


def _line(key: tuple[str, str], rows: list[Row]) -> str:
    size, name = key
    score = "f1_macro" if rows[0]["classes"] else "spearman"
    ours, theirs = (
        [
            100 * row["metrics"][f"{which}{leak_free}/{score}"]
            for row, leak_free in _kinds(rows, which)
        ]
        for which in ("test", "baseline")
    )
    gain = statistics.fmean(ours) - statistics.fmean(theirs)
    p = paired_p(ours, theirs) if len(rows) > 1 else None
    cells = [
        name,
        "all" if size == "all" else f"{size} a class",
        ", ".join(sorted({row["recipe"] for row in rows})),
        _mean(ours),
        _mean(theirs),
        f"{gain:+.2f}",
        "–" if p is None else f"{p:.3f}",
        str(len(rows)),
        f"{statistics.fmean(row['seconds'] for row in rows):.0f}",
        f"{statistics.fmean(row['bytes'] for row in rows) / 1e6:.0f}",
    ]
    return f"| {' | '.join(cells)} |"


def _kinds(rows: list[Row], which: str) -> list[tuple[Row, str]]:
    """Each row, and the end of the name of its leak-free scores: none where nothing leaks."""
    return [
        (row, "_leak_free" if f"{which}_leak_free/accuracy" in row["metrics"] else "")
        for row in rows
    ]


def _mean(values: list[float]) -> str:
    spread = f" ± {statistics.stdev(values):.2f}" if len(values) > 1 else ""
    return f"{statistics.fmean(values):.2f}{spread}"
