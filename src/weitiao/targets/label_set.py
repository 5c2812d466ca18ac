"""A target of any number of labels a row."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa

from weitiao.card import TargetCard
from weitiao.errors import ConfigError
from weitiao.io.tables.spelling import is_placeholder
from weitiao.targets.base import ASIDE, Target, fault, refuse_alike, refuse_missing, target_array
from weitiao.targets.classes import Found, names_of, refuse_twice, refuse_unknown
from weitiao.targets.label_doubts import several_in_a_cell, slips
from weitiao.targets.labels import join_labels, split_labels


@dataclass(frozen=True)
class SetTarget:
    """Labels of which a row may have any number.

    Args:
        labels: their names; column ``c`` of the probabilities is ``labels[c]``.
        counts: rows of each in train.
    """

    labels: list[str]
    counts: list[int]

    def encode(self, table: pa.Table) -> pa.ChunkedArray:
        """Lists of uint8 ``(N, C)``, 1 where the label is given.

        Raises:
            DataError: a label is none of these.
        """
        found, classes = _found(table), len(self.labels)
        hot = np.zeros((table.num_rows, classes), np.uint8)
        hot[found.rows, found.places(table, self.labels)] = 1
        return pa.chunked_array([pa.FixedSizeListArray.from_arrays(hot.reshape(-1), classes)])

    def written(self, decided: np.ndarray) -> list[str]:
        """The labels of each row of ``(N, C)``, ``a|b``."""
        return [join_labels(self.labels[c] for c in np.flatnonzero(row)) for row in decided]


@dataclass(frozen=True)
class Labels(Target):
    """Any number of labels a row; a cell is ``a|b`` or a JSON list.

    Args:
        label: column of the labels.
        labels: names of the labels in the order of the probabilities; null = found in the data.
        separator: what stands between the labels of a cell; auto = a bar.
    """

    label: str = "label"
    labels: list[str] | None = None
    separator: str = "auto"

    sets: ClassVar[bool] = True
    one_class: ClassVar[bool] = False

    def __post_init__(self) -> None:
        refuse_twice(self.labels)
        if self.separator == "":
            raise ConfigError("data.target.separator is empty")

    def canonical(self, table: pa.Table) -> pa.Table:
        """The table with the labels of a cell in natural order, joined by bars.

        Raises:
            DataError: a cell is no set of labels.
        """
        if "label" not in table.column_names:
            return table
        sets = []
        for place, cell in enumerate(table["label"].to_pylist()):
            try:
                sets.append(join_labels(split_labels(cell, self.separator)))
            except ValueError as error:
                hint = "write a|b, or a JSON list of texts"
                hint = ASIDE if is_placeholder(cell) else hint
                raise fault(f"this is no set of labels: {error}", table, place, hint) from error
        return table.set_column(table.column_names.index("label"), "label", pa.array(sets))

    def check(self, tables: Mapping[str, pa.Table], before: pa.Table) -> None:
        """As `Target.check`."""
        refuse_missing(tables)
        found = {s: _found(table) for s, table in tables.items() if "label" in table.column_names}
        if "train" in found:
            refuse_unknown(found, _found(before), tables)
        refuse_alike(tables["train"])

    def fit(self, tables: Mapping[str, pa.Table]) -> TargetCard:
        """Find and count the labels."""
        labelled = (table for table in tables.values() if "label" in table.column_names)
        target = SetTarget(names_of(self.labels, map(_found, labelled)), [])
        hot = target_array(target.encode(tables["train"]))
        return SetTarget(target.labels, hot.sum(0, dtype=np.int64).tolist())

    def strata(self, table: pa.Table) -> np.ndarray | None:
        """Rows by the rarest label that they have (Sechidis et al. 2011 start from it, too)."""
        if "label" not in table.column_names:
            return None
        labels, rows = _found(table)
        codes = labels.dictionary_encode().indices.to_numpy()
        counts = np.bincount(codes, minlength=1)
        rarest = np.zeros(table.num_rows, np.int64)  # 0 for no label at all
        order = np.lexsort((codes, counts[codes]))[::-1]  # the last to be written is the rarest
        rarest[rows[order]] = codes[order] + 1
        return np.unique(rarest, return_inverse=True)[1]

    def described(self, table: pa.Table) -> dict[str, Any]:
        """As `Target.described`."""
        return _found(table).described()

    def doubts(self, counts: Mapping[str, int]) -> Iterator[str]:
        """Labels that look alike, that stand for none, or for several."""
        yield from slips("label", counts, "a class of its own")
        yield from several_in_a_cell(counts)


def _found(table: pa.Table) -> Found:
    sets = [split_labels(cell) for cell in table["label"].to_pylist()]
    flat = pa.array([label for labels in sets for label in labels], pa.string())
    return Found(flat, np.repeat(np.arange(len(sets)), [len(labels) for labels in sets]))
