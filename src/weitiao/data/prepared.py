"""Prepared data on disk: what a run, a trial and a rank map."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from weitiao.card import DataCard
from weitiao.io.arrow import map_table
from weitiao.linear import NgramFeatures, read_features


@dataclass(frozen=True)
class Prepared:
    """Prepared data on disk.

    Args:
        folder: holds per split ``SPLIT.rows.arrow`` (what people read: id, original, text, label,
            file, row) and ``SPLIT.ids.arrow`` (what the model reads: input_ids, target), besides
            ``card.json``, ``audit.json``, ``encoder.json`` and, if there are any, ``vectors.npy``,
            and ``linear.npz`` and ``features.npz`` (`weitiao.linear`).
        card: the data card.
    """

    folder: Path
    card: DataCard

    def rows(self, split: str) -> pa.Table:
        """The readable columns of a split, memory-mapped."""
        return map_table(self.folder / f"{split}.rows.arrow")

    def ids(self, split: str) -> pa.Table:
        """The encoded columns of a split, memory-mapped."""
        return map_table(self.folder / f"{split}.ids.arrow")

    def has(self, split: str) -> bool:
        """Whether there is such a split."""
        return split in self.card.rows

    @property
    def audit(self) -> dict[str, Any]:
        """What reading, cleaning, audit and encoding found and did."""
        return json.loads((self.folder / "audit.json").read_text("utf-8"))

    @property
    def features(self) -> NgramFeatures | None:
        """The features of the linear model; null = there is none."""
        return read_features(self.folder)

    @property
    def encoder(self) -> dict[str, Any]:
        """State of the `TextEncoder` the ids were made with."""
        return json.loads((self.folder / "encoder.json").read_text("utf-8"))
