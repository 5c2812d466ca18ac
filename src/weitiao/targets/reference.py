"""A target of a whole text that is written of another: a translation, a summary."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from weitiao.card import TargetCard
from weitiao.targets.base import Target, refuse_missing
from weitiao.targets.reply import ReplyTarget, described


@dataclass(frozen=True)
class Reference(Target):
    """The text that a person wrote of another one, beside which a model's is held.

    Args:
        label: column of the text. White space at its ends doesn't count.
    """

    label: str = "label"

    several = True
    conflict = "has each text several translations? {--drop_conflicts} false keeps such rows"

    def check(self, tables: Mapping[str, pa.Table], before: pa.Table) -> None:
        """Refuse rows without a text; all may have the same."""
        refuse_missing(tables)

    def fit(self, tables: Mapping[str, pa.Table]) -> TargetCard:
        """A card without a tokenizer: that is the input's to give."""
        return ReplyTarget()

    def strata(self, table: pa.Table) -> np.ndarray | None:
        """One: nearly every row has another text."""
        return np.zeros(table.num_rows, np.int64) if "label" in table.column_names else None

    def described(self, table: pa.Table) -> dict[str, Any]:
        """``targets``: how many different texts there are, and how many characters they have."""
        return described(table, "texts")
