"""The negatives of a row: any number of texts that don't belong to its first one."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from weitiao.inputs.text.clean import Cleaner
from weitiao.inputs.text.text_encoder import TextEncoder
from weitiao.io.tables.positive_cells import NEGATIVES
from weitiao.io.text_lists import as_cells, flat_texts

IDS, LENGTHS = "negative_ids", "negative_lengths"
"""Columns of encoded rows: the ids of all negatives of a row, and how many each of them has."""


def cleaned_negatives(table: pa.Table, cleaner: Cleaner) -> pa.Table:
    """The table with cleaned negatives; those of which nothing is left are left out.

    A row's counts are those of its other texts.
    """
    texts, counts = flat_texts(table[NEGATIVES])
    cleaned = cleaner.clean(texts, may_drop=True).texts
    kept = as_cells((text if text and text.strip() else None for text in cleaned), counts)
    return table.set_column(table.column_names.index(NEGATIVES), NEGATIVES, kept)


def with_negatives(encoded: pa.Table, cells: pa.ChunkedArray, encoder: TextEncoder) -> pa.Table:
    """Encoded pairs with their negatives beside them; a row is cut if one of them is.

    Args:
        cells: lists of texts, as JSON.
        encoder: of second texts.
    """
    texts, counts = flat_texts(cells)
    found = encoder.encode(texts)
    ends = np.append(0, counts.cumsum())
    lengths = pc.list_value_length(found["input_ids"]).to_numpy()
    begins = np.append(0, lengths.cumsum())[ends]
    ids = found["input_ids"].combine_chunks().flatten()
    columns = {IDS: (begins, ids), LENGTHS: (ends, pa.array(lengths.astype(np.int32)))}
    for name, (offsets, values) in columns.items():
        lists = pa.LargeListArray.from_arrays(pa.array(offsets.astype(np.int64)), values)
        encoded = encoded.append_column(name, lists)
    cut = np.append(0, np.cumsum(found["cut"].to_numpy()))[ends]
    place = encoded.column_names.index("cut")
    return encoded.set_column(place, "cut", pc.or_(encoded["cut"], pa.array(np.diff(cut) > 0)))


def lists_of(ids: Sequence[np.ndarray], lengths: Sequence[np.ndarray]) -> list[np.ndarray]:
    """The ids of each text of some rows, one after the other."""
    return [
        part
        for row, sizes in zip(ids, lengths, strict=True)
        if len(sizes)
        for part in np.split(row, np.cumsum(sizes)[:-1])
    ]


def places_of(lengths: Sequence[np.ndarray]) -> np.ndarray:
    """Of each negative of some rows, its row, and which of the row's it is, ``(M, 2)``."""
    counts = np.array([*map(len, lengths)], np.int64)
    rows = np.repeat(np.arange(len(counts)), counts)
    return np.stack([rows, np.arange(len(rows)) - np.repeat(counts.cumsum() - counts, counts)], 1)
