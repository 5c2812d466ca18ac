"""A target without a column: the two texts of a row belong together."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from weitiao.card import TargetCard
from weitiao.errors import ConfigError, DataError
from weitiao.io.arrow import hashed, numbers_of
from weitiao.targets.base import Target

SIDES = ("text", "pair")


@dataclass(frozen=True)
class PositivesTarget:
    """Pairs that belong together, known by their texts."""

    @property
    def labels(self) -> Sequence[str]:
        """None."""
        return []

    def encode(self, table: pa.Table) -> pa.ChunkedArray:
        """fixed_size_list<int64>[2]: a hash of each text of a row; equal ones are the same text."""
        both = [numbers_of(hashed(table[side].to_pylist())).view(np.int64) for side in SIDES]
        return pa.chunked_array([pa.FixedSizeListArray.from_arrays(np.stack(both, 1).ravel(), 2)])

    def written(self, decided: np.ndarray) -> list[str]:
        """Cosines ``(N,)`` to six digits."""
        return [f"{value:.6g}" for value in decided.tolist()]


@dataclass(frozen=True)
class Positives(Target):
    """Pairs of texts that belong together, such as a question and its answer; of no column more."""

    label = None

    def check(self, tables: Mapping[str, pa.Table], before: pa.Table) -> None:
        """Leave it to `fit`, which sees texts."""

    def fit(self, tables: Mapping[str, pa.Table]) -> TargetCard:
        """Refuse rows of one text, empty texts, and train with the same text in every row.

        Raises:
            ConfigError: rows have one text.
            DataError: a text is empty, or there is nothing to tell apart.
        """
        for table in tables.values():
            if SIDES[1] not in table.column_names:
                raise ConfigError("pairs need a second text", hint="{--pair} COLUMN")
            for side in SIDES:
                empty = pc.equal(pc.utf8_length(pc.utf8_trim_whitespace(table[side])), 0)
                if (place := pc.index(empty, True).as_py()) >= 0:
                    raise _fault("a text is empty, and nothing belongs to it", table, place, side)
        for side in SIDES:
            if len(pc.unique(tables["train"][side])) == 1:
                raise _fault("all rows of train have this text", tables["train"], 0, side)
        return PositivesTarget()

    def strata(self, table: pa.Table) -> np.ndarray | None:
        """All rows are alike."""
        return np.zeros(table.num_rows, np.int64)

    def described(self, table: pa.Table) -> dict[str, Any]:
        """Nothing."""
        return {"classes": {}}


def _fault(problem: str, table: pa.Table, place: int, side: str) -> DataError:
    row = table.slice(place, 1).to_pylist()[0]
    return DataError(problem, file=row["file"], row=row["row"], column=side, value=row[side])
