"""A target of which of a row's options is right."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from weitiao.card import TargetCard
from weitiao.io.choices.forms import LETTERS
from weitiao.targets.base import Target, refuse_missing


@dataclass(frozen=True)
class ChoiceTarget:
    """Which option of a row is right, by its place.

    Args:
        counts: rows of train whose first, second, … option is right.
    """

    counts: list[int]

    @property
    def labels(self) -> Sequence[str]:
        """None: what there is to choose from differs from row to row."""
        return []

    def encode(self, table: pa.Table) -> pa.ChunkedArray:
        """int64 ``(N,)``: the place of the right option, from 0."""
        places = map(LETTERS.index, table["label"].to_pylist())
        return pa.chunked_array([pa.array(places, pa.int64())])

    def written(self, decided: np.ndarray) -> list[str]:
        """The letters of places ``(N,)``."""
        return [LETTERS[place] for place in np.asarray(decided).tolist()]


@dataclass(frozen=True)
class Choice(Target):
    """Which of a row's options is right.

    Args:
        label: column of the answer: the letter, the number or the text of the right option.
    """

    label: str = "answer"

    cells = "choice"

    def check(self, tables: Mapping[str, pa.Table], before: pa.Table) -> None:
        """Refuse rows without an answer; all may have it at the same place."""
        refuse_missing(tables)

    def fit(self, tables: Mapping[str, pa.Table]) -> TargetCard:
        """Count the places of right options."""
        counts = Counter(map(LETTERS.index, tables["train"]["label"].to_pylist()))
        return ChoiceTarget([counts[place] for place in range(max(counts, default=0) + 1)])

    def described(self, table: pa.Table) -> dict[str, Any]:
        """``targets``: rows by the letter of the right option."""
        counts = Counter(table["label"].to_pylist())
        return {"classes": {}, "targets": {f"right: {x}": counts[x] for x in sorted(counts)}}
