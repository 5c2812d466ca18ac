"""The base of targets made of labels, which are found, counted, looked up, refused."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from weitiao.errors import ConfigError
from weitiao.io.tables.spelling import tidy
from weitiao.targets.base import Target, fault, refuse_alike, refuse_missing
from weitiao.targets.label_doubts import slips
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
                "the training split, or {--labels}, must name every class",
                self.names[place].as_py(),
            )
        return index.cast(pa.int64()).to_numpy()


class LabelTarget(Target):
    """A target made of labels; by default each row has one."""

    labels: list[str] | None
    """Their names in the order of the probabilities; null = found in the data."""
    conflict = "are text and label swapped, or has a row several labels ({--task} multilabel)?"

    def __post_init__(self) -> None:
        if self.labels and len(set(map(self.spelled, self.labels))) < len(self.labels):
            twice = f"names a class twice: {', '.join(self.labels)}"
            raise ConfigError(twice, field="labels")

    def spelled(self, label: str) -> str:
        """A label of the options as canonical cells have it."""
        return tidy(label)

    def found(self, table: pa.Table) -> Found:
        """The labels of a table."""
        return Found.of(table)

    def check(self, tables: Mapping[str, pa.Table], before: pa.Table) -> None:
        """As `Target.check`."""
        refuse_missing(tables)
        found = self._found(tables)
        if "train" in found:
            refuse_unknown(found, self.found(before), tables)
        refuse_alike(tables["train"])

    def counted(self, tables: Mapping[str, pa.Table]) -> tuple[list[str], list[int]]:
        """The labels in the order of the probabilities, and the rows of each in train.

        Raises:
            DataError: train has one that options don't name.
        """
        found = self._found(tables)
        labels = [*map(self.spelled, self.labels or ())]
        if not labels:
            names = pa.concat_arrays([each.names for each in found.values()])
            labels = natural_order(pc.unique(names).to_pylist())
        places = found["train"].places(tables["train"], labels)
        return labels, np.bincount(places, minlength=len(labels)).tolist()

    def described(self, table: pa.Table) -> dict[str, Any]:
        """As `Target.described`."""
        found = self.found(table).names.value_counts().to_pylist()
        counts = {row["values"]: row["counts"] for row in found}
        return {"classes": dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))}

    def doubts(self, counts: Mapping[str, int]) -> Iterator[str]:
        """Labels that look alike, or that stand for none."""
        return slips("label", counts, "a class of its own")

    def _found(self, tables: Mapping[str, pa.Table]) -> dict[str, Found]:
        """The labels of each table that has any."""
        return {
            s: self.found(table) for s, table in tables.items() if "label" in table.column_names
        }


def refuse_unknown(
    found: Mapping[str, Found], before: Found, tables: Mapping[str, pa.Table]
) -> None:
    """Stop at a label that train has no row of.

    Args:
        found: labels of each split that has any, ``train`` among them.
        before: those of train before its audit.

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
