"""The final table: the model beside the floor."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from weitiao.card import DataCard
from weitiao.models.metrics import build_confusion, build_scalars, f1_per_class

if TYPE_CHECKING:
    from rich.table import Table

SHOWN = (
    ("accuracy", "accuracy"),
    ("precision_macro", "macro precision"),
    ("recall_macro", "macro recall"),
    ("f1_macro", "macro F1"),
)


def scores(
    predictions: np.ndarray, targets: np.ndarray, labels: Sequence[str], prefix: str
) -> dict[str, float]:
    """The metrics of `weitiao.models.metrics` as flat values.

    Args:
        predictions: probabilities ``(N, C)``, or predicted classes ``(N,)``; the latter give no
            AUROC.
        targets: ``(N,)``.
        labels: names of the classes.
        prefix: put before each name, as in ``floor/``.
    """
    classes = len(labels)
    given, true = torch.tensor(predictions), torch.tensor(targets)
    metrics = build_scalars(classes, prefix, ranked=given.ndim == 2)
    values = {name: float(value) for name, value in metrics(given, true).items()}
    per_class = f1_per_class(build_confusion(classes)(given, true))
    names = (f"{prefix}f1_class/{label}" for label in labels)
    return values | dict(zip(names, per_class.tolist(), strict=True))


def handling(report: Mapping[str, Any], card: DataCard) -> Iterator[str]:
    """Lines that say what was set aside, cleaned, dropped and cut before training.

    Args:
        report: what ``audit.json`` holds.
        card: knows the rows of each split and the longest sequence.
    """
    for split, read in report["read"].items():
        if read["quarantined"]:
            yield f"! {split}: {read['quarantined']:,} rows could not be read and were set aside"
    for act, word in (("changed", "cleaning changed"), ("dropped", "cleaning dropped")):
        for split, cleaned in report["clean"].items():
            counts = [f"{step} {count:,}" for step, count in cleaned[act].items() if count]
            if counts:
                yield f"{word} in {split}: {', '.join(counts)}"
    encoded = report["encode"].items()
    cut = (f"{split} {round(part['cut_share'] * card.rows[split]):,}" for split, part in encoded)
    yield f"rows cut at {card.max_length} ids: {', '.join(cut)}"
    unknown = (f"{split} {part['unknown_share']:.2%}" for split, part in encoded)
    yield f"unknown ids: {', '.join(unknown)}"


def final_table(metrics: Mapping[str, float], labels: Sequence[str], rows: int) -> Table:
    """Test scores in per cent, macro F1 in bold; beside the floor's where that was measured.

    Args:
        metrics: flat values with ``test/…`` and, where there are any, ``test_leak_free/…`` and
            ``floor/…``.
        labels: names of the classes.
        rows: test rows that were measured.
    """
    from rich.table import Table
    from rich.text import Text

    table = Table(title=f"test, {rows:,} rows, %", title_justify="left")
    columns = [("model", "test/")]
    if "test_leak_free/f1_macro" in metrics:
        columns.append(("model, leak-free", "test_leak_free/"))
    compared = "floor/f1_macro" in metrics
    if compared:
        columns.append(("floor: TF-IDF + linear", "floor/"))
    table.add_column("")
    for title in (*(title for title, _ in columns), *(["difference"] if compared else [])):
        table.add_column(title, justify="right")
    shown = [*SHOWN, *((f"f1_class/{label}", f"F1 of {label}") for label in labels)]
    for key, title in shown:
        values = [metrics[prefix + key] for _, prefix in columns]
        cells = [f"{100 * value:.2f}" for value in values]
        if compared:
            cells.append(f"{100 * (values[0] - values[-1]):+.2f}")
        # a label is no markup, whatever brackets it has
        table.add_row(Text(title), *cells, style="bold" if key == "f1_macro" else None)
    return table
