"""Tables of rows: on disk as one batch, in memory mapped without being copied."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa

from weitiao.errors import DataError


def write_table(table: pa.Table, path: Path) -> None:
    """Write a table as a single record batch: its columns are single chunks when they are mapped.

    Args:
        table: any table.
        path: an Arrow IPC file, written over.
    """
    table = table.combine_chunks()
    with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table)


def map_table(path: Path) -> pa.Table:
    """The table of an Arrow IPC file, which must stay where it is while the table lives.

    Raises:
        DataError: the file is broken.
    """
    try:
        return pa.ipc.open_file(pa.memory_map(str(path))).read_all()
    except pa.ArrowInvalid as error:
        hint = f"remove {path.parent}; it is made anew"
        raise DataError(f"the table is broken: {error}", file=path, hint=hint) from error


def all_texts(table: pa.Table) -> Iterator[str]:
    """The texts of all rows, after them the second texts of pairs."""
    for name in ("text", "pair"):
        if name in table.column_names:
            for chunk in table[name].chunks:
                yield from chunk.to_pylist()
