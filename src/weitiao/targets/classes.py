"""What targets made of labels have in common: they are found, counted, looked up, refused."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from weitiao.errors import ConfigError
from weitiao.io.tables.spelling import tidy
from weitiao.targets.base import fault
from weitiao.targets.labels import natural_order


class Found(NamedTuple):
    """The labels of a table.

    Args:
        names: each label of each row, ``(M,)``.
        rows: the row that each belongs to, ``(M,)``.
    """

    names: pa.Array
    rows: np.ndarray

    @classmethod
    def of(cls, table: pa.Table) -> Found:
        """Those of rows that have one each."""
        column = table["label"].combine_chunks()
        return cls(column, np.arange(len(column)))

    def described(self) -> dict[str, Any]:
        """Rows per label, the most frequent first, as ``classes``."""
        found = self.names.value_counts().to_pylist()
        counts = {row["values"]: row["counts"] for row in found}
        return {"classes": dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))}

    def places(self, table: pa.Table, labels: Sequence[str]) -> np.ndarray:
        """The place of each among ``labels``, ``(M,)`` int64.

        Raises:
            DataError: a label that is not among them, with file and row.
        """
        index = pc.index_in(self.names, value_set=pa.array(labels, pa.string()))
        if index.null_count:
            place = pc.index(pc.is_null(index), True).as_py()
            raise fault(
                f"a label that is not among {', '.join(labels[:10])}",
                table,
                int(self.rows[place]),
                "the training split, or data.target.labels, must name every class",
                self.names[place].as_py(),
            )
        return index.cast(pa.int64()).to_numpy()


def refuse_twice(labels: Sequence[str] | None) -> None:
    """See to it that an option names each class once.

    Raises:
        ConfigError: it doesn't.
    """
    if labels and len(set(map(tidy, labels))) < len(labels):
        raise ConfigError(f"data.target.labels names a class twice: {', '.join(labels)}")


def names_of(given: Sequence[str] | None, found: Iterable[Found]) -> list[str]:
    """The classes in the order of the probabilities: as given, else all that are found."""
    if given:
        return [tidy(label) for label in given]
    return natural_order(pc.unique(pa.concat_arrays([each.names for each in found])).to_pylist())


def refuse_unknown(
    found: Mapping[str, Found], before: Found, tables: Mapping[str, pa.Table]
) -> None:
    """Stop at a label that train has no row of.

    Args:
        found: labels of each split that has any, ``train`` among them.
        before: those of train before its audit.
        tables: the splits.

    Raises:
        DataError: names the first one.
    """
    known = pc.unique(found["train"].names)
    for split, (names, rows) in found.items():
        unknown = np.flatnonzero(~pc.is_in(names, value_set=known).to_numpy(False))
        if len(unknown):
            value = names[unknown[0]].as_py()
            lost = value in pc.unique(before.names).to_pylist()
            hint = (
                "the audit took all its rows out of train; see the options drop_conflicts and"
                " drop_leaks"
                if lost
                else f"the labels of train are {', '.join(natural_order(known.to_pylist())[:20])}"
            )
            problem = f"train has no row with this label of {split}"
            raise fault(problem, tables[split], int(rows[unknown[0]]), hint, value)
