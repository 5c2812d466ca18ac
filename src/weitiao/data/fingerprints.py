"""When two texts count as the same: one key per text, shared by the audit and the split."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

KEY = "key"  # the column that carries the keys from the audit to the split

# str.split takes it for white space, so no normalised text holds it: ("ab", "c") ≠ ("a", "bc").
_SEPARATOR = "\x1f"


def with_keys(table: pa.Table) -> pa.Table:
    """The table with the column ``key``: 128-bit hashes (BLAKE2b) of the normalised texts.

    Normalised means without the differences that readers overlook: NFKC (width), casefold, no
    white space. Punctuation stays: ``好！`` and ``好？`` may differ in label with good reason. The
    second text of a pair is part of the key.

    Args:
        table: rows with the column ``text`` and, where rows have two texts, ``pair``.
    """
    data = b"".join(
        hashlib.blake2b(text.encode(), digest_size=16).digest() for text in _normalised(table)
    )
    keys = pa.FixedSizeBinaryArray.from_buffers(
        pa.binary(16), table.num_rows, [None, pa.py_buffer(data)]
    )
    return table.append_column(KEY, keys)


def text_keys(table: pa.Table) -> pa.ChunkedArray:
    """The column ``key``; computed here unless an earlier step has left it in the table."""
    return (table if KEY in table.column_names else with_keys(table)).column(KEY)


def text_numbers(table: pa.Table) -> np.ndarray:
    """``(N,)`` of uint64: the first half of each key, a pseudo-random number per text."""
    keys = text_keys(table).combine_chunks()
    halves = np.frombuffer(keys.buffers()[1], dtype="<u8").reshape(-1, 2)
    return halves[keys.offset : keys.offset + len(keys), 0]


def text_codes(tables: Mapping[str, pa.Table]) -> dict[str, np.ndarray]:
    """Number the distinct texts of all tables from 0, in the order of first appearance.

    Returns:
        per table ``(N,)`` of int; in all tables the same code stands for the same text.
    """
    return _numbered({name: text_keys(table) for name, table in tables.items()})


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


def stands_in(codes: np.ndarray, others: np.ndarray) -> np.ndarray:
    """``(N,)`` of bool: which of the codes ``(N,)`` are among the others ``(M,)``."""
    present = np.zeros(max(codes.max(initial=0), others.max(initial=0)) + 1, bool)
    present[others] = True
    return present[codes]


def _normalised(table: pa.Table) -> Iterator[str]:
    columns = [name for name in ("text", "pair") if name in table.column_names]
    for batch in table.select(columns).to_batches(max_chunksize=1 << 14):
        # Arrow's NFKC is five times as fast as unicodedata's.
        forms = [pc.utf8_normalize(column, form="NFKC").to_pylist() for column in batch.columns]
        for texts in zip(*forms, strict=True):
            yield _SEPARATOR.join("".join(text.casefold().split()) for text in texts)
