"""Arrow tables: written as one batch, memory-mapped without a copy, hashed."""

import hashlib
import sys
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from weitiao.errors import DataError
from weitiao.io.text_lists import flat_texts

PART = 10_000
"""Rows that are treated as Python objects at once: bounds memory, keeps threads of Rust busy."""
LIGHT = 2_000_000
"""Characters of such a part where each is an object or several."""
_ODD = np.uint64(0x2545F4914F6CDD1D)  # so that (a, b) and (b, a) differ


def write_table(table: pa.Table, path: Path) -> None:
    """Write a table as one record batch: its columns are single chunks when they are mapped."""
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


def parts_of(table: pa.Table) -> Iterator[pa.Table]:
    """The rows of a table in parts that are small as Python objects; one part at least."""
    for start in range(0, max(table.num_rows, 1), PART):
        yield table.slice(start, PART)


def light_parts_of(table: pa.Table, names: Sequence[str]) -> Iterator[pa.Table]:
    """The rows of a table in parts of few characters, for what takes hundreds of bytes for each.

    Args:
        names: of the columns of texts.
    """
    for part in parts_of(table):
        sizes = sum(pc.utf8_length(part[name]).to_numpy().astype(np.int64) for name in names)
        numbers = np.cumsum(sizes) // LIGHT
        edges = [0, *(np.flatnonzero(np.diff(numbers)) + 1).tolist(), part.num_rows]
        yield from (part.slice(begin, end - begin) for begin, end in pairwise(edges))


def give_back_memory() -> None:
    """Let the allocators return what they hold unused, of which a process otherwise only grows."""
    for pool in (pa.default_memory_pool(), pa.system_memory_pool()):
        pool.release_unused()


def all_texts(table: pa.Table) -> Iterator[str]:
    """The texts of all rows, after them the second texts of pairs, and the negatives."""
    for name in ("text", "pair"):
        if name in table.column_names:
            for part in parts_of(table.select([name])):
                yield from part[name].to_pylist()
    if "negatives" in table.column_names:
        for part in parts_of(table.select(["negatives"])):
            yield from flat_texts(part["negatives"])[0]


def hashed(texts: Iterable[str]) -> pa.FixedSizeBinaryArray:
    """A 128-bit hash of each text (BLAKE2b)."""
    digests = [hashlib.blake2b(text.encode(), digest_size=16).digest() for text in texts]
    buffers = [None, pa.py_buffer(b"".join(digests))]
    return pa.FixedSizeBinaryArray.from_buffers(pa.binary(16), len(digests), buffers)


def numbers_of(hashes: pa.FixedSizeBinaryArray) -> np.ndarray:
    """``(N,)`` of uint64: the first half of each hash, a pseudo-random number per text."""
    halves = np.frombuffer(hashes.buffers()[1], dtype="<u8").reshape(-1, 2)
    return halves[hashes.offset : hashes.offset + len(hashes), 0]


def number_of_both(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """A number for each pair of such numbers, uint64 of the shape of both; their order counts."""
    found: np.ndarray = one.view(np.uint64) * _ODD + other.view(np.uint64)
    return found


class _NoPandas:
    """Finds no pandas."""

    def find_spec(self, name: str, *_: Any) -> None:
        if name == "pandas":
            raise ImportError(name)


def spare_pandas() -> None:
    """Let Arrow do without pandas in this process, where it would import it for its first array.

    That takes 0.3 s and 50 MB. Who imports pandas still gets it; `to_pandas` won't work.
    """
    if "pandas" in sys.modules:
        return
    finder = _NoPandas()
    sys.meta_path.insert(0, finder)
    try:
        pa.array([""])  # asks for it, and remembers the answer
    finally:
        sys.meta_path.remove(finder)


class Ragged:
    """A list column as flat values and offsets, read without copying when it is one chunk."""

    def __init__(self, column: pa.ChunkedArray) -> None:
        array = column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()
        if isinstance(array, pa.ChunkedArray):  # no rows at all
            array = pa.array([], column.type)
        self.offsets = array.offsets.to_numpy().astype(np.int64)
        self.values = array.values.to_numpy()
        self.lengths = np.diff(self.offsets)

    def lists(self, rows: np.ndarray) -> list[np.ndarray]:
        """The lists of ``rows``, without copying."""
        return [self.values[self.offsets[row] : self.offsets[row + 1]] for row in rows.tolist()]


def list_array(lists: Sequence[Sequence[Any] | np.ndarray], of: pa.DataType) -> pa.LargeListArray:
    """Lists of numbers as a column, without an object for each number of an array."""
    lengths = np.fromiter(map(len, lists), np.int64, len(lists))
    kind = of.to_pandas_dtype()
    flat = np.concatenate([np.zeros(0, kind), *(np.asarray(each, kind) for each in lists)])
    values = pa.array(flat, of)
    return pa.LargeListArray.from_arrays(pa.array(np.append(0, lengths.cumsum())), values)
