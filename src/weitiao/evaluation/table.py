"""The final table: the model beside its baselines, and its classes; a file has all classes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from weitiao.io.csv_file import write_csv
from weitiao.objectives.base import Objective
from weitiao.objectives.display import cell

if TYPE_CHECKING:
    from rich.table import Table

COLUMNS = {
    "test": "model",
    "baseline": "baseline:\n{}",  # what kind of model it is
    "majority": "majority",
    "dictionary": "dictionary\nof train",
    "first_sentence": "first\nsentence",
    "unanswered": "no answer",
    "mean": "mean",
    "similarity": "cosine\nof texts",
    "copy": "copy",
    "words": "BM25\nof words",
    "untuned": "untuned",
}
ENDS = 10  # classes shown from either end
UNDEFINED = "–"


def final_table(
    metrics: Mapping[str, float], objective: Objective, targets: Any, *, leak_free: bool = False
) -> Table:
    """Test scores, the first one of the objective in bold; beside those of simpler models.

    Of more than twenty classes it shows the ten that are found best and the ten found worst.

    Args:
        metrics: flat values, ``test/…`` and those of the baselines that were measured.
        objective: says which metrics are shown, and knows the classes.
        targets: of the test rows that were measured.
        leak_free: they are those that don't stand in train; without single classes.
    """
    from rich.table import Table

    named = "test, leak-free" if leak_free else "test"
    table = Table(title=f"{named}, {len(targets):,} rows, %", title_justify="left")
    first, suffix = objective.first, "_leak_free" if leak_free else ""
    columns = {f"{name}{suffix}/": title for name, title in COLUMNS.items()}
    measured = [key for key, _ in objective.shown]  # a baseline may lack the first
    columns = {
        prefix: title
        for prefix, title in columns.items()
        if any(prefix + key in metrics for key in measured)
    }
    compared = f"baseline{suffix}/" in columns
    table.add_column("", overflow="fold", min_width=11)
    for place, title in enumerate(columns.values()):
        table.add_column(title.format(objective.baseline), justify="right", no_wrap=True)
        if compared and place == 1:
            table.add_column("difference", justify="right", no_wrap=True)
    for key, title in objective.shown:
        _add(table, title, key, [metrics.get(p + key) for p in columns], compared, key == first)
    if any(name.startswith("test/f1_class/") for name in metrics) and not leak_free:
        _, _, counts = objective.counted(targets, targets)
        _add_classes(table, metrics, objective.named, counts, list(columns))
    if any(UNDEFINED in column.cells for column in table.columns):
        why = "no row of the class, all values are equal, or nothing to compare with"
        table.caption = f"{UNDEFINED} undefined: {why}"
    return table


def _add_classes(
    table: Table,
    metrics: Mapping[str, float],
    labels: Sequence[str],
    counts: np.ndarray,
    columns: list[str],
) -> None:
    compared = "baseline/" in columns
    for title, part in _classes(metrics, labels, counts):
        table.add_section()
        if title:
            table.add_row(title, style="italic")
        for label in part:
            key = f"f1_class/{label}"
            values = [metrics.get(prefix + key) for prefix in columns]
            if not counts[labels.index(label)]:
                values = [None if value is None else np.nan for value in values]
            _add(table, f"F1 of {label}", key, values, compared, False)


def _add(
    table: Table, title: str, key: str, values: list[float | None], compared: bool, bold: bool
) -> None:
    from rich.text import Text

    cells = [_cell(key, value) for value in values]
    if compared:
        model, baseline, *_ = values
        gain = None if model is None or baseline is None else model - baseline
        cells.insert(2, _cell(key, gain, "+"))
    # a label is no markup, whatever brackets it has
    table.add_row(Text(title), *cells, style="bold" if bold else None)


def _cell(key: str, value: float | None, sign: str = "") -> str:
    if value is None:  # not measured
        return ""
    return UNDEFINED if value != value else cell(f"test/{key}", value, sign)


def _classes(
    metrics: Mapping[str, float], labels: Sequence[str], counts: np.ndarray
) -> Iterator[tuple[str, Sequence[str]]]:
    """The parts of the table with classes: all in their order, or the best and the worst."""
    if len(labels) <= 2 * ENDS:
        yield "", labels
        return
    present = [label for label, count in zip(labels, counts.tolist(), strict=True) if count]
    ranked = sorted(present, key=lambda label: -metrics[f"test/f1_class/{label}"])
    if len(ranked) <= 2 * ENDS:
        yield f"{len(ranked)} of {len(labels):,} classes", ranked
        return
    yield f"best of {len(labels):,} classes", ranked[:ENDS]
    yield "worst", ranked[-ENDS:]


def write_classes(
    path: Path,
    decided: Any,
    targets: Any,
    objective: Objective,
    metrics: Mapping[str, float],
) -> None:
    """Write how well each class is found, a row each; what is undefined stays empty.

    Args:
        decided: classes ``(N,)``, labels ``(N, C)``, or lists.
        targets: likewise.
        metrics: with ``baseline/f1_class/…``, where it was measured.
    """
    hits, found, true = objective.counted(decided, targets)
    head = ["label", "train rows", "test rows", "precision", "recall", "F1", "baseline F1"]
    lines: list[list[str]] = [head]
    for c, label in enumerate(objective.named):
        shares = ((hits[c], found[c]), (hits[c], true[c]), (2 * hits[c], found[c] + true[c]))
        cells = [f"{part / of:.6f}" if of else "" for part, of in shares]
        baseline = metrics.get(f"baseline/f1_class/{label}")
        known = "" if baseline is None or not true[c] else f"{baseline:.6f}"
        lines.append([label, str(objective.counts[c]), str(true[c]), *cells, known])
    write_csv(path, lines)
