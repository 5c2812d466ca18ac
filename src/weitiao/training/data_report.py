"""Scores as flat values, and lines on what became of the rows before training."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import torch

from weitiao.card import DataCard
from weitiao.objectives.metrics import measure
from weitiao.training.contamination import told
from weitiao.training.unknown_ids import special_text, unknown_ids

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
    """What `weitiao.objectives.metrics.measure` finds, as flat values under ``prefix``."""
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
    yield f"rows cut at {card.input.max_length} ids: {', '.join(cut)}"
    yield unknown_ids({split: part["unknown_share"] for split, part in encoded})
    for split, part in encoded:
        if part["special_rows"]:
            yield special_text(split, part["special_rows"])
    if linear := report.get("linear"):
        balanced = ", rare classes weighted" if linear["balanced"] else ""
        best = f": {max(linear['tried'].values()):.2%} on val" if linear["tried"] else ""
        yield f"linear model of n-grams: C = {linear['strength']:g}{balanced}{best}"
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
