"""A target of one class a row."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from weitiao.card import TargetCard
from weitiao.targets.classes import Found, LabelTarget
from weitiao.targets.label_doubts import other_task, several_in_a_cell


@dataclass(frozen=True)
class ClassTarget:
    """Classes.

    Args:
        labels: their names; column ``c`` of the probabilities is ``labels[c]``.
        counts: rows of each in train.
    """

    labels: list[str]
    counts: list[int]

    def encode(self, table: pa.Table) -> pa.ChunkedArray:
        """int64 ``(N,)``: the class of each row.

        Raises:
            DataError: it is none of these.
        """
        return pa.chunked_array([pa.array(Found.of(table).places(table, self.labels))])

    def written(self, decided: np.ndarray) -> list[str]:
        """The labels of classes ``(N,)``."""
        return [self.labels[c] for c in decided.tolist()]


@dataclass(frozen=True)
class OneClass(LabelTarget):
    """One class a row.

    Args:
        label: column of the label.
        labels: names of the classes in the order of the probabilities; null = found in the data.
    """

    label: str = "label"
    labels: list[str] | None = None

    one_class = True

    def fit(self, tables: Mapping[str, pa.Table]) -> TargetCard:
        """Find and count the classes."""
        return ClassTarget(*self.counted(tables))

    def doubts(self, counts: Mapping[str, int]) -> Iterator[str]:
        """Labels that look alike, that stand for none, for several, or ask for another task."""
        yield from super().doubts(counts)
        hints = [*other_task(counts)]
        yield from hints or several_in_a_cell(counts, "{--task} multilabel")
