"""Tables of texts that are larger than the memory they may take."""

from __future__ import annotations

import mmap
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from itertools import chain
from pathlib import Path
from typing import IO

import numpy as np
import pyarrow as pa

from weitiao.io.arrow import parts_of, write_table


def write_parts(parts: Iterable[pa.Table], path: Path) -> int:
    """Write the parts of a table as they come, each as a record batch; gives the rows."""
    rows, remaining = 0, iter(parts)
    first = next(remaining)
    with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, first.schema) as writer:
        for part in chain([first], remaining):
            writer.write_table(part.combine_chunks())
            rows += part.num_rows
    return rows


class Cells:
    """Texts of rows that stay on the disk while the rows are chosen.

    A table of `pointers` holds the place of each text in its stead, so that choosing rows copies
    4 bytes of each. It reads as if the texts stood there; compute functions want those of `parts`.
    """

    def __init__(self) -> None:
        self._mapped: list[mmap.mmap] = []
        self.names: list[str] = []

    def pointers(self, path: Path, names: Iterable[str]) -> pa.Table:
        """The table of an Arrow file whose columns of texts point into it.

        Args:
            path: of what `write_parts` wrote.
            names: of columns; texts are those of them that are there and hold strings, no nulls.
        """
        with path.open("rb") as file:
            mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        self._mapped.append(mapped)
        table = pa.ipc.open_file(pa.py_buffer(mapped)).read_all()
        for name in [name for name in table.column_names if name in {*names}]:
            column = table[name]
            if pa.types.is_string(column.type) and not column.null_count:
                table = table.set_column(table.column_names.index(name), name, _pointers(column))
                self.names = [*dict.fromkeys([*self.names, name])]
        return table

    def parts(self, table: pa.Table) -> Iterator[pa.Table]:
        """Parts of a table of pointers, with the texts; their pages are forgotten one by one."""
        for part in parts_of(table):
            for name in self.names:
                chunks = [chunk.dictionary_decode() for chunk in part[name].chunks]
                column = pa.chunked_array(chunks, pa.string())
                part = part.set_column(part.column_names.index(name), name, column)
            yield part
            for mapped in self._mapped:
                mapped.madvise(mmap.MADV_DONTNEED)


def _pointers(column: pa.ChunkedArray) -> pa.ChunkedArray:
    chunks = [
        pa.DictionaryArray.from_arrays(pa.array(np.arange(len(chunk), dtype=np.int32)), chunk)
        for chunk in column.chunks
    ]
    return pa.chunked_array(chunks, pa.dictionary(pa.int32(), pa.string()))


def write_whole(parts: Iterable[pa.Table], texts: Iterable[str], path: Path) -> None:
    """As `write_table`, of parts whose texts wait on the disk, beside ``path``, to be one column.

    Args:
        texts: names of columns of strings, without nulls.
    """
    others, schema = [], None
    with ExitStack() as stack:
        columns = {name: _TextColumn(path.with_suffix(f".{name}"), stack) for name in texts}
        for part in parts:
            schema = part.schema
            for name, column in columns.items():
                column.append(part[name])
            others.append(part.drop_columns([*columns]))
        whole = pa.concat_tables(others)
        assert schema is not None
        arrays = [columns[n].array() if n in columns else whole[n] for n in schema.names]
        write_table(pa.Table.from_arrays(arrays, schema=schema), path)


class _TextColumn:
    """A column of strings whose characters lie in a file, which goes when the stack closes."""

    def __init__(self, path: Path, stack: ExitStack) -> None:
        self.file: IO[bytes] = stack.enter_context(path.open("w+b"))
        stack.callback(path.unlink)
        self.ends = [np.zeros(1, np.int64)]

    def append(self, column: pa.ChunkedArray) -> None:
        for chunk in column.chunks:
            _, offsets, characters = chunk.buffers()
            of_rows = np.frombuffer(offsets, np.int32)[chunk.offset :][: len(chunk) + 1]
            if len(chunk):
                self.file.write(memoryview(characters)[of_rows[0] : of_rows[-1]])
                self.ends.append(self.ends[-1][-1] + of_rows[1:] - of_rows[0])

    def array(self) -> pa.ChunkedArray:
        self.file.flush()
        ends = np.concatenate(self.ends)
        mapped = mmap.mmap(self.file.fileno(), 0, access=mmap.ACCESS_READ) if ends[-1] else b""
        buffers = [None, pa.py_buffer(ends.astype(np.int32)), pa.py_buffer(mapped)]
        return pa.chunked_array([pa.StringArray.from_buffers(len(ends) - 1, *buffers[1:])])
