"""Rows for a checkpoint to label: treated as in training, none dropped."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import pyarrow as pa

from weitiao.card import DataCard
from weitiao.config.earlier_checkpoints import state_today
from weitiao.data.batch import Batching, EpochBatches, Rows
from weitiao.data.loader import ResumableLoader

# the others, so that a checkpoint and a command line may name them
from weitiao.inputs import FittedInput, Input, audio, chat, image  # noqa: F401
from weitiao.inputs.text import Text
from weitiao.io.tables import Reader, SourceFiles
from weitiao.io.tables.named_files import with_files
from weitiao.io.tables.reader import RowsAndBad
from weitiao.targets import OneClass, Target


class Encoded(NamedTuple):
    """Some rows as a model reads them.

    Args:
        table: the readable columns, cleaned.
        encoded: as `FittedInput.encode` gave them.
        batches: in rising length; ``batch["row"]`` leads back to the table.
    """

    table: pa.Table
    encoded: pa.Table
    batches: Iterable[dict[str, Any]]


class NewRows:
    """How rows without labels become batches: as a checkpoint's training rows did.

    It is what of a `DataModule` predictions need, and does without Lightning.

    Args:
        input: what a model reads of a row, and how it comes to it.
        target: what there is to predict; of spans, a text may be given as tokens.
        id: column of an identifier; null or '' = number of the row.
        batch: budget of a batch.
        read: how rows are read: the options of `ReadOptions`.
    """

    card: DataCard
    fitted: FittedInput

    def __init__(
        self,
        input: Input = Text(),
        target: Target = OneClass(),
        id: str | None = None,
        batch: Batching = Batching(),
        **read: Any,
    ) -> None:
        columns = input.columns | ({"id": id} if id else {})
        self.reader = Reader(columns, target.cells, input.opener, **read)
        self.input, self.batch = input, batch

    def load(self, state: Mapping[str, Any]) -> None:
        """Take card and input from what a checkpoint keeps of its data."""
        today = state_today(state)
        self.card = DataCard.of(today["card"])
        self.fitted = self.input.from_state(today["input"], self.card.input)

    def parts(
        self, inputs: Sequence[SourceFiles], rows: int, notes: list[str] | None = None
    ) -> Iterator[RowsAndBad]:
        """The rows of files, as `Reader.stream` gives them, cleaned."""
        for part in self.reader.stream(inputs, rows, notes):
            yield part._replace(rows=self.cleaned(part.rows))

    def cell(self, role: str, value: Any) -> Any:
        """A value that stands in no file, as it stands in a table; see `Input.cell`."""
        return self.input.cell(role, value, self.reader.roles)

    def cells(self, row: Mapping[str, Any]) -> dict[str, Any]:
        """The cells of a row that has its columns by name; see `Input.cells`."""
        return self.input.cells(row, self.reader.roles)

    def of_cells(self, cells: Mapping[str, list[str]]) -> pa.Table:
        """The readable rows of cells that stand in no file; see `table_of_cells`."""
        return self.cleaned(with_files(self.reader, table_of_cells(cells)))

    def cleaned(self, table: pa.Table) -> pa.Table:
        """Rows with cleaned cells, beside ``original``; none is dropped."""
        return self.input.cleaned(table, may_drop=False)[0]

    def encode(self, table: pa.Table) -> Encoded:
        """Cleaned rows as batches."""
        encoded = self.fitted.encode(table)
        rows = Rows(self.fitted.rows(self.fitted.for_evaluation(encoded, table)))
        order = EpochBatches(rows.lengths, self.batch, shuffle=False)
        return Encoded(table, encoded, ResumableLoader(rows, order, self.batch.workers))


def table_of_cells(cells: Mapping[str, list[str]]) -> pa.Table:
    """The rows of cells that stand in no file, numbered from 0.

    Args:
        cells: role → a cell per row.
    """
    count = len(next(iter(cells.values())))
    columns: dict[str, Any] = {"id": [str(i) for i in range(count)], **cells}
    columns |= {"file": [f"--{next(iter(cells))}"] * count, "row": range(1, count + 1)}
    return pa.Table.from_pydict(columns)  # `pa.table` imports pandas
