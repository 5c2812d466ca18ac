"""A target of one class a row."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa

from weitiao.card import TargetCard
from weitiao.targets.base import Target, refuse_alike, refuse_missing
from weitiao.targets.classes import Found, names_of, refuse_twice, refuse_unknown
from weitiao.targets.label_doubts import several_in_a_cell, slips


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
class OneClass(Target):
    """One class a row.

    Args:
        label: column of the label.
        labels: names of the classes in the order of the probabilities; null = found in the data.
    """

    label: str = "label"
    labels: list[str] | None = None

    sets: ClassVar[bool] = False
    one_class: ClassVar[bool] = True

    def __post_init__(self) -> None:
        refuse_twice(self.labels)

    def canonical(self, table: pa.Table) -> pa.Table:
        """The table as it is: the reader has spelled labels in one way."""
        return table

    def check(self, tables: Mapping[str, pa.Table], before: pa.Table) -> None:
        """As `Target.check`."""
        refuse_missing(tables)
        found = {s: Found.of(table) for s, table in tables.items() if "label" in table.column_names}
        if "train" in found:
            refuse_unknown(found, Found.of(before), tables)
        refuse_alike(tables["train"])

    def fit(self, tables: Mapping[str, pa.Table]) -> TargetCard:
        """Find and count the classes."""
        labels = names_of(self.labels, labels_of(tables))
        return ClassTarget(labels, counted(labels, tables["train"]))

    def strata(self, table: pa.Table) -> np.ndarray | None:
        """None: classes are cells."""
        return None

    def described(self, table: pa.Table) -> dict[str, Any]:
        """As `Target.described`."""
        return Found.of(table).described()

    def doubts(self, counts: Mapping[str, int]) -> Iterator[str]:
        """Labels that look alike, that stand for none, or for several."""
        yield from slips("label", counts, "a class of its own")
        yield from several_in_a_cell(counts, "--task multilabel")


def labels_of(tables: Mapping[str, pa.Table]) -> Iterator[Found]:
    """The labels of each table that has any, one a row."""
    return (Found.of(table) for table in tables.values() if "label" in table.column_names)


def counted(labels: list[str], train: pa.Table) -> list[int]:
    """Rows of each label, of rows that have one each."""
    return np.bincount(Found.of(train).places(train, labels), minlength=len(labels)).tolist()
