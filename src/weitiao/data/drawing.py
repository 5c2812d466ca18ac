"""Random order from a seed: of rows by their texts, of groups by their names."""

from hashlib import blake2b

import numpy as np
import pyarrow as pa

from weitiao.data.fingerprints import text_numbers
from weitiao.errors import DataError


def mix(numbers: np.ndarray, seed: int) -> np.ndarray:
    """Pseudo-random uint64 per number and seed: SplitMix64 (Steele et al., OOPSLA 2014)."""
    z = numbers + np.uint64((seed + 1) * 0x9E3779B97F4A7C15 % 2**64)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


def rank(table: pa.Table, seed: int) -> np.ndarray:
    """``(N,)`` of uint64: the drawn order of the rows.

    Rows with the same text are told apart by their count, so that duplicates which the audit was
    told to keep are spread as any random split would spread them.
    """
    numbers = text_numbers(table)
    order = np.argsort(numbers, kind="stable")
    place = np.arange(len(order))
    starts = np.append(True, np.diff(numbers[order]) != 0)
    count = np.empty_like(numbers)
    count[order] = place - np.maximum.accumulate(np.where(starts, place, 0))
    return mix(numbers + count, seed)


def drawn_order(names: list[str], seed: int) -> np.ndarray:
    """The numbers of the names in the drawn order, ``(G,)``."""
    digests = b"".join(blake2b(name.encode(), digest_size=8).digest() for name in names)
    return np.argsort(mix(np.frombuffer(digests, "<u8"), seed))


def codes(table: pa.Table, column: str) -> tuple[np.ndarray, list[str]]:
    """``(N,)`` of int, which names the sorted distinct values; all 0 without the column."""
    if column not in table.column_names:
        return np.zeros(table.num_rows, np.int64), []
    encoded = table[column].combine_chunks().dictionary_encode()
    if encoded.null_count:
        row = table.slice(encoded.is_null().index(True).as_py(), 1).to_pylist()[0]
        raise DataError(f"no {column}", file=row.get("file"), row=row.get("row"), column=column)
    names = encoded.dictionary.to_pylist()
    order = sorted(range(len(names)), key=names.__getitem__)
    sorted_code = np.empty(len(names), np.int64)
    sorted_code[order] = np.arange(len(names))
    return sorted_code[encoded.indices.to_numpy()], [names[number] for number in order]
