"""Files of any size, labelled part by part in the memory of one part."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pyarrow as pa

from weitiao.data.new_rows import NewRows
from weitiao.evaluation.predictor import Predictor
from weitiao.inputs import FittedInput
from weitiao.io.tables import SourceFiles
from weitiao.training.console import count_empty
from weitiao.training.rowwise import Predicted

ROWS = 8192
"""Of a part. Rows of like length share a batch within it, and a kill costs no more than it."""


@dataclass
class Checked:
    """What is known of files once they were read.

    Args:
        inputs: that were read.
        rows: how many there are, bad ones too.
        bad: how many of them were set aside.
        notes: what a person should know of how they were read.
    """

    inputs: Sequence[SourceFiles]
    rows: int = 0
    bad: int = 0
    notes: list[str] = field(default_factory=list)


@dataclass
class Answered:
    """What there is to report on the rows that a model has labelled.

    Args:
        rows: how many.
        empty: of how many cleaning left nothing.
        found: what the input found of them; see `FittedInput.examine`.
    """

    rows: int = 0
    empty: int = 0
    found: dict[str, Any] | None = None

    def add(self, fitted: FittedInput, table: pa.Table, encoded: pa.Table) -> None:
        """Take in some rows."""
        found = fitted.examine(encoded, table, training=False)
        self.found = found if self.found is None else fitted.joined(self.found, found)
        self.rows += len(table)
        self.empty += count_empty(table["text"])


def check(rows: NewRows, inputs: Sequence[SourceFiles]) -> Checked:
    """Read files without labelling anything: faults are reported before the work.

    Raises:
        DataError: a file or a row is at fault.
    """
    checked = Checked(inputs)
    for part in rows.reader.stream(inputs, ROWS, checked.notes):
        checked.rows += len(part.rows) + len(part.bad)
        checked.bad += len(part.bad)
    return checked


def label(
    predictor: Predictor, inputs: Sequence[SourceFiles], seen: Answered, done: int = 0
) -> Iterator[tuple[Predicted, int]]:
    """What a model says of rows, in their order, and how many rows of the files each part is.

    Args:
        seen: called with each part.
        done: rows at the beginning to leave out, as many as some first parts have.
    """
    rows, read = predictor.rows, 0
    for part in rows.reader.stream(inputs, ROWS):
        count = len(part.rows) + len(part.bad)
        read += count
        if read <= done:
            continue
        table = rows.cleaned(part.rows)
        predicted, encoded = predictor.answer(table)
        seen.add(rows.fitted, table, encoded)
        bad = part.bad if rows.reader.on_bad_row == "quarantine" else None
        yield replace(predicted, bad=bad), count
