"""A target of any number of labels a row."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from weitiao.card import TargetCard
from weitiao.errors import ConfigError
from weitiao.targets.base import respelled
from weitiao.targets.classes import Found, LabelTarget
from weitiao.targets.label_doubts import several_in_a_cell
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
class Labels(LabelTarget):
    """Any number of labels a row; a cell is ``a|b`` or a JSON list.

    Args:
        label: column of the labels.
        labels: names of the labels in the order of the probabilities; null = found in the data.
        separator: what stands between the labels of a cell; auto = a bar.
    """

    label: str = "label"
    labels: list[str] | None = None
    separator: str = "auto"

    cells = "set"

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.separator == "":
            raise ConfigError("is empty", field="separator")

    def canonical(self, table: pa.Table) -> pa.Table:
        """The table with the labels of a cell in natural order, joined by bars.

        Raises:
            DataError: a cell is no set of labels.
        """
        return respelled(
            table,
            lambda cell: join_labels(split_labels(cell, self.separator)),
            "this is no set of labels: ",
            "write a|b, or a JSON list of texts",
        )

    def fit(self, tables: Mapping[str, pa.Table]) -> TargetCard:
        """Find and count the labels."""
        return SetTarget(*self.counted(tables))

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

    def found(self, table: pa.Table) -> Found:
        """The labels of a table, any number of a row."""
        return _found(table)

    def doubts(self, counts: Mapping[str, int]) -> Iterator[str]:
        """Labels that look alike, that stand for none, or for several."""
        yield from super().doubts(counts)
        yield from several_in_a_cell(counts)


def _found(table: pa.Table) -> Found:
    sets = [split_labels(cell) for cell in table["label"].to_pylist()]
    flat = pa.array([label for labels in sets for label in labels], pa.string())
    return Found(flat, np.repeat(np.arange(len(sets)), [len(labels) for labels in sets]))
