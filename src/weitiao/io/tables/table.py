"""From rows of cells to columns: the header, and the rows that don't fit under it."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from weitiao.errors import DataError
from weitiao.io.tables.source import BadRow, Chunk, Records, Source, raw_of

FIRST_ROWS = 20
"""Rows at the beginning among which the header is looked for: titles may stand above it."""
_AROUND = " \t\r\n\u3000\ufeff\"'"  # what a header that is repeated may have around its names
_MISSING_OR_MANY = "is a separator or a quote missing, or one too many?"
_BEYOND = "; {--extra_cells} ignore leaves out what stands beyond the header"


def header_in(source: Source, rows: Iterable[Sequence[Any]]) -> tuple[int, list[str]] | None:
    """Position and names of the first row that holds the names of all wanted columns.

    White space around a name counts only where the name is wanted with it.
    """
    for position, row in enumerate(rows):
        exact = [str(cell) for cell in row]
        for cells in (exact, [cell.strip() for cell in exact]):
            if all(name in cells for name in source.columns_in(cells).values()):
                return position, cells
    return None


def tabulate(
    source: Source,
    batches: Iterable[Records],
    raw: Callable[[list[Any]], str],
    names: list[str] | None = None,
    *,
    sparse: bool = False,
) -> Iterator[Chunk]:
    """Take the header off, set rows that don't fit under it aside, turn records into columns.

    Args:
        raw: writes a row as the file has it.
        names: of the columns, where the format tells them.
        sparse: whether a row ends with its last filled cell, as in a sheet.
    """
    table = None if names is None else _Table(source, names, raw, sparse=False, headed=False)
    for batch in batches:
        if table is None:
            names = _take_names(source, batch)
            if names is None:
                continue
            table = _Table(source, names, raw, sparse=sparse, headed=source.options.header)
        yield table.chunk(batch)
    if table is not None:
        table.note()


def _take_names(source: Source, batch: Records) -> list[str] | None:
    """The names of the columns, which leave the batch; null = it holds no row.

    Raises:
        DataError: a row that can't be taken apart stands above all others.
    """
    first = batch.rows[0] if batch.rows else None
    if batch.bad and (first is None or batch.bad[0].row < first):
        raise batch.bad[0].error(source.name)
    if first is None:
        return None
    if not source.options.header:
        return [str(position) for position in range(len(batch.cells[0]))]
    found = header_in(source, batch.cells[:FIRST_ROWS])
    position, names = found or (0, [str(cell) for cell in batch.cells[0]])
    row = batch.rows[position]
    if position:
        source.notes.facts.append(f"row {row} is the header; what stands above it is left out")
    del batch.rows[: position + 1], batch.cells[: position + 1]
    batch.bad = [fault for fault in batch.bad if fault.row > row]
    return names


class _Table:
    """Rows under a header.

    Args:
        sparse: whether rows end with their last filled cell.
        headed: whether the names stood in the file, so that they may come again.
    """

    def __init__(
        self,
        source: Source,
        names: list[str],
        raw: Callable[[list[Any]], str],
        *,
        sparse: bool,
        headed: bool,
    ) -> None:
        self._source, self._raw, self._sparse = source, raw, sparse
        self._positions = source.positions(names)
        self._width = len(names)
        # of one column: a text may well read as its name does
        self._header = [_plain(name) for name in names] if headed and len(names) > 1 else []
        self._names = frozenset(self._header)
        self._rows = self._cut = 0

    def chunk(self, batch: Records) -> Chunk:
        """The wanted columns of a batch, which loses the rows that don't fit."""
        self._rows += len(batch.rows)
        faults = self._faults(batch)
        for i, (reason, hint) in faults.items():
            shown = self._raw(batch.cells[i])
            batch.bad.append(BadRow(batch.rows[i], reason, shown, value=shown, hint=hint))
        rows, records = batch.rows, batch.cells
        if faults:
            rows = [row for i, row in enumerate(rows) if i not in faults]
            records = [cells for i, cells in enumerate(records) if i not in faults]
        columns = [[cells[position] for cells in records] for position in self._positions]
        return Chunk(rows, columns, raw_of(records, self._raw), batch.bad)

    def note(self) -> None:
        """Note what was done to the rows."""
        if not self._cut:
            return
        self._source.notes.counts["rows cut to the width of the header"] += self._cut
        if self._cut == self._rows:
            fact = (
                "every row has more cells than the header: does that lack the first column's name?"
            )
            self._source.notes.facts.append(fact)

    def _faults(self, batch: Records) -> dict[int, tuple[str, str]]:
        """What is wrong with the rows, by their position in the batch."""
        # as most files are, at once
        if self._source.options.extra_cells == "bad" and not self._sparse:
            cells, last = batch.cells, self._positions[-1]
            if set(map(len, cells)) <= {self._width}:
                found = {_plain(cell) for cell in {record[last] for record in cells}}
                if self._names.isdisjoint(found):
                    return {}
        faults = ((i, self._fault(cells)) for i, cells in enumerate(batch.cells))
        return {i: fault for i, fault in faults if fault}

    def _fault(self, cells: list[Any]) -> tuple[str, str] | None:
        """Why a row doesn't fit, and the way out; else the row is made as wide as the header."""
        if self._sparse:
            cells += [""] * (self._width - len(cells))
        if len(cells) > self._width and self._source.options.extra_cells == "ignore":
            del cells[self._width :]
            self._cut += 1
        if len(cells) != self._width:
            hint = _MISSING_OR_MANY + (_BEYOND if len(cells) > self._width else "")
            return f"the row has {len(cells)} cells, not {self._width}", hint
        if self._header and _plain(cells[self._positions[-1]]) in self._names:
            return self._repeat(cells)
        return None

    def _repeat(self, cells: list[Any]) -> tuple[str, str] | None:
        found = [_plain(cell) for cell in cells]
        if found == self._header:
            return "the header again", "were files joined with their headers? Leave it out"
        if sorted(found) == sorted(self._header):
            raise DataError(
                "another header, in another order: the rows below it have their cells elsewhere",
                file=self._source.name,
                value=self._raw(cells),
                hint="give the parts as files of their own",
            )
        return None


def _plain(cell: Any) -> str:
    return str(cell).strip(_AROUND).casefold()
