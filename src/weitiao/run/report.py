"""The final table: the model beside the baseline."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from weitiao.card import DataCard, Task
from weitiao.models.scores import FIRST, measure
from weitiao.run.contamination import told
from weitiao.run.unknown import special_text, unknown_ids

if TYPE_CHECKING:
    from rich.table import Table

_CLASSES = (
    ("accuracy", "accuracy"),
    ("precision_macro", "macro precision"),
    ("recall_macro", "macro recall"),
    ("f1_macro", "macro F1"),
)
SHOWN: dict[Task, tuple[tuple[str, str], ...]] = {
    "classification": _CLASSES,
    "ordinal": (*_CLASSES, ("qwk", "weighted kappa"), ("mae", "mean distance, classes")),
    "multilabel": (
        ("exact_match", "exact match"),
        ("hamming", "Hamming loss"),
        ("f1_samples", "F1 per row, mean"),
        ("f1_micro", "micro F1"),
        ("precision_macro", "macro precision"),
        ("recall_macro", "macro recall"),
        ("f1_macro", "macro F1"),
    ),
    "regression": (
        ("mse", "mean squared error"),
        ("mae", "mean absolute error"),
        ("pearson", "Pearson correlation"),
        ("spearman", "Spearman correlation"),
        ("r2", "R²"),
    ),
}
PLAIN = ("mse", "mae")  # no shares: shown as they are, not in per cent

FEW_VECTORS = 0.5  # of the running words: less is shown as a warning


def scores(
    predictions: np.ndarray,
    decided: np.ndarray,
    targets: np.ndarray,
    card: DataCard,
    prefix: str,
    *,
    ranked: bool = True,
) -> dict[str, float]:
    """The scores of `weitiao.models.scores.measure` as flat values, ``prefix`` before each name."""
    found, given, true = map(torch.tensor, (predictions, decided, targets))
    values = measure(found, given, true, card, ranked=ranked)
    return {f"{prefix}{name}": float(value) for name, value in values.items()}


def handling(report: Mapping[str, Any], card: DataCard) -> Iterator[str]:
    """Lines that say what was set aside, cleaned, dropped, cut and seen before training.

    Args:
        report: what ``audit.json`` holds.
        card: knows the rows of each split and the longest sequence.
    """
    for split, read in report["read"].items():
        if read["quarantined"]:
            yield f"! {split}: {read['quarantined']:,} rows could not be read and were set aside"
        yield from (f"! {split}: {note}" for note in read["notes"])
    for act, word in (("changed", "cleaning changed"), ("dropped", "cleaning dropped")):
        for split, cleaned in report["clean"].items():
            counts = [f"{step} {count:,}" for step, count in cleaned[act].items() if count]
            if counts:
                yield f"{word} in {split}: {', '.join(counts)}"
    encoded = report["encode"].items()
    cut = (f"{split} {round(part['cut_share'] * card.rows[split]):,}" for split, part in encoded)
    yield f"rows cut at {card.max_length} ids: {', '.join(cut)}"
    yield unknown_ids({split: part["unknown_share"] for split, part in encoded})
    for split, part in encoded:
        if part["special_rows"]:
            yield special_text(split, part["special_rows"])
    if vectors := report.get("vectors"):
        shares = vectors["text_share"]
        text = (f"{split} {share:.1%}" for split, share in shares.items())
        warning = "! " if min(shares.values()) < FEW_VECTORS else ""
        yield (
            f"{warning}word vectors: {vectors['vocabulary_share']:.1%} of the vocabulary have one,"
            f" of running words: {', '.join(text)}"
        )
    if read := report.get("pretrained on"):
        yield told(read, card.rows)


def final_table(metrics: Mapping[str, float], card: DataCard, rows: int) -> Table:
    """Test scores, the first one of the task in bold; beside the baseline's where it was measured.

    Args:
        metrics: flat values with ``test/…`` and, where there are any, ``baseline/…``, and both for
            the leak-free rows alone.
        card: task and labels.
        rows: test rows that were measured.
    """
    from rich.table import Table
    from rich.text import Text

    first = FIRST[card.task]
    table = Table(title=f"test, {rows:,} rows, %", title_justify="left")
    columns = [
        (title, prefix)
        for title, prefix in (
            ("model", "test/"),
            ("model, leak-free", "test_leak_free/"),
            ("baseline: TF-IDF + linear", "baseline/"),
            ("baseline, leak-free", "baseline_leak_free/"),
        )
        if prefix + first in metrics
    ]
    compared = f"baseline/{first}" in metrics
    table.add_column("")
    for title in (*(title for title, _ in columns), *(["difference"] if compared else [])):
        table.add_column(title, justify="right")
    shown = [*SHOWN[card.task], *((f"f1_class/{x}", f"F1 of {x}") for x in card.labels)]
    for key, title in shown:
        form, scale = (".4f", 1) if key in PLAIN else (".2f", 100)
        values = {prefix: scale * metrics[prefix + key] for _, prefix in columns}
        cells = [f"{value:{form}}" for value in values.values()]
        if compared:
            cells.append(f"{values['test/'] - values['baseline/']:+{form}}")
        # a label is no markup, whatever brackets it has
        table.add_row(Text(title), *cells, style="bold" if key == first else None)
    return table
