"""Files that rows name, by what reads the rows: their states, and what is in them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar

import pyarrow as pa

from weitiao.errors import DataError
from weitiao.io.tables.files import SourceFiles
from weitiao.io.tables.opened import Opened, folder_of
from weitiao.io.tables.reader import Reader

ROWS = 8192  # at a time


def with_files(reader: Reader, table: pa.Table) -> pa.Table:
    """Rows that stand in no file, with what the files hold that they name.

    Raises:
        DataError: one of these can't be used.
    """
    if reader.opener is None:
        return table
    cells = table["text"].to_pylist()
    arrays, faults = reader.opener.open(Path(), cells)
    for place, (reason, hint) in faults.items():
        file, row = (table[name][place].as_py() for name in ("file", "row"))
        where = {"column": reader.columns["text"], "value": cells[place]}
        raise DataError(reason, file=file, row=row, **where, hint=hint)
    columns = [*table.columns, *arrays.values()]
    return pa.Table.from_arrays(columns, names=[*table.column_names, *arrays])


def states(reader: Reader, inputs: Sequence[SourceFiles]) -> Iterator[str]:
    """Path, size and time of each file that rows name, if they name any.

    By time and not by content, since each run, each trial of a search and each process asks, and
    10 GB of pictures take a minute to read. What is copied without its times is prepared again, and
    gives the same.
    """
    if reader.opener is None:
        return
    for part in replace(reader, opener=_Unopened()).stream(inputs, ROWS):
        sources = part.rows["file"].to_pylist()
        folders = {name: folder_of(name) for name in {*sources}}
        for source, cell in zip(sources, part.rows["text"].to_pylist(), strict=True):
            try:
                found = (folders[source] / cell).stat()
                yield f"{source} {cell} {found.st_size} {found.st_mtime_ns}"
            except (OSError, ValueError):  # reading says what is wrong with it
                yield f"{source} {cell}"


@dataclass(frozen=True)
class _Unopened:
    """Opens nothing: rows are only named."""

    columns: ClassVar[Mapping[str, pa.DataType]] = {}

    def open(self, folder: Path, cells: Sequence[str | None]) -> Opened:
        """No columns, no faults."""
        return Opened({}, {})
