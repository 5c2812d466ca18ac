"""Rows to be split, and what tests ask of the parts."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from text_parts import keyed

BOTH = ("val", "test")


def table(labels: list[str], groups: list[str | None] | None = None) -> pa.Table:
    columns = {"text": [f"text {i}" for i in range(len(labels))], "label": labels}
    if groups is not None:
        columns["group"] = groups
    return keyed(pa.table(columns))


def sizes(splits: dict[str, pa.Table]) -> dict[str, int]:
    return {name: split.num_rows for name, split in splits.items()}


def where(splits: dict[str, pa.Table]) -> dict[str, str]:
    """Text → split."""
    return {text: name for name, split in splits.items() for text in split["text"].to_pylist()}


def shuffled(rows: pa.Table, seed: int = 3) -> pa.Table:
    return rows.take(np.random.default_rng(seed).permutation(rows.num_rows))


SKEWED = ["a"] * 700 + ["b"] * 250 + ["c"] * 49 + ["d"]
