"""Which rows count as the same: one key per row, shared by the audit and the split."""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import pyarrow as pa

from weitiao.io.arrow import hashed, numbers_of

KEY = "key"  # the column that carries the keys from the audit to the split
BESIDE = "beside"  # that of hashes of what else rows of one text and label may differ by


def with_keys(table: pa.Table, keys: Iterable[str], differing: Sequence[str] = ()) -> pa.Table:
    """The table with the column ``key``: hashes of what an input takes rows to be the same by.

    Args:
        differing: columns by which rows of one text and label differ all the same; those that are
            there make the column ``beside``.
    """
    table = table.append_column(KEY, hashed(keys))
    if not (there := [name for name in differing if name in table.column_names]):
        return table
    cells = zip(*(table[name].to_pylist() for name in there), strict=True)
    return table.append_column(BESIDE, hashed(map("\x1f".join, cells)))


def text_numbers(table: pa.Table) -> np.ndarray:
    """``(N,)`` of uint64: a pseudo-random number per key."""
    return numbers_of(table[KEY].combine_chunks())


def with_texts_as_groups(table: pa.Table) -> pa.Table:
    """The table with a ``group`` for each text, so that no split cuts its rows apart."""
    names = (key.hex() for key in table[KEY].to_pylist())
    return table.append_column("group", pa.array(names, pa.string()))


def text_codes(tables: Mapping[str, pa.Table]) -> dict[str, np.ndarray]:
    """Number the distinct texts of all tables from 0, in the order of first appearance.

    Returns:
        per table ``(N,)`` of int; in all tables the same code stands for the same text.
    """
    return _numbered({name: table[KEY] for name, table in tables.items()})


def group_codes(tables: Mapping[str, pa.Table]) -> dict[str, np.ndarray]:
    """Number the distinct groups likewise; nothing where rows have none."""
    if not all("group" in table.column_names for table in tables.values()):
        return {}
    return _numbered({name: table["group"] for name, table in tables.items()})


def _numbered(columns: Mapping[str, pa.ChunkedArray]) -> dict[str, np.ndarray]:
    chunks = [chunk for column in columns.values() for chunk in column.chunks]
    kind = next(iter(columns.values())).type
    codes = pa.chunked_array(chunks, type=kind).combine_chunks().dictionary_encode().indices
    ends = np.cumsum([len(column) for column in columns.values()])
    return dict(zip(columns, np.split(codes.to_numpy(), ends[:-1]), strict=True))
