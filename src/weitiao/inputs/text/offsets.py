"""Where the units of a text stand as it was read, for targets that are spans of it."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from weitiao.inputs.text.alignment import aligned
from weitiao.inputs.text.unread import starts_of
from weitiao.io.spans.units import UNIT

OFFSETS, PIECES, CONTEXT = "offsets", "pieces", "context"
"""Columns of encoded rows: begin and end of each unit in code points, one after the other, and the
id that each is a part of. A unit is a word of Latin script, or of it what one id stands for, or one
character of another; equal ends stand for white space that has an id of its own. Of pairs, the
text of the units as it was read."""


class Units(NamedTuple):
    """The units of a row.

    Args:
        offsets: ``(U, 2)`` begin and end of each.
        pieces: ``(U,)`` position of its id.
    """

    offsets: np.ndarray
    pieces: np.ndarray


def units_of(
    found: Any, text: str, words: Sequence[str] | None, prefix: int, sequence: int = 0
) -> Units:
    """The units of an encoded text.

    A tokenizer joins hanzi in one id, and counts white space in; no unit does. Of ids that have the
    same place, such as the bytes of a hanzi, the last one stands for it.

    Args:
        found: an ``Encoding`` of tokenizers.
        words: the words of the text, where the tokenizer was given words.
        prefix: characters put before the text.
        sequence: which text of a pair it was encoded as.
    """
    starts = starts_of(text, words) if words is not None else None
    offsets, pieces = list[tuple[int, int]](), list[int]()
    columns = [*zip(found.sequence_ids, found.word_ids, found.offsets, strict=True)]
    following = len(text)
    for position, (text_id, word, (begin, end)) in reversed([*enumerate(columns)]):
        if text_id != sequence:
            continue
        shift = -prefix if starts is None or word is None else starts[word]
        begin, end = max(begin + shift, 0), min(end + shift, following)
        if end <= begin:
            continue
        following = begin
        units = [unit.span() for unit in UNIT.finditer(text, begin, end)] or [(begin, begin)]
        offsets += reversed(units)
        pieces += [position] * len(units)
    places = np.array(offsets[::-1], np.int64).reshape(-1, 2)
    return Units(places, np.array(pieces[::-1], np.int64))


def in_the_original(column: pa.ChunkedArray, table: pa.Table) -> pa.ChunkedArray:
    """Offsets in cleaned texts as offsets in the texts as they were read.

    Args:
        column: of the rows of the table.
        table: readable rows, with ``original`` and ``text``.
    """
    pairs = zip(table["original"].to_pylist(), table["text"].to_pylist(), strict=True)
    rows = [
        offsets if original == text else _moved(offsets, aligned(original, text))
        for (original, text), offsets in zip(pairs, column.to_pylist(), strict=True)
    ]
    return pa.chunked_array([pa.array(rows, column.type)])


def _moved(offsets: Sequence[int], places: np.ndarray) -> list[int]:
    """Offsets by the place of each character in another text, ``(N, 2)``."""
    begin, end = np.array(offsets, np.int64).reshape(-1, 2).T
    first = places[np.minimum(begin, len(places) - 1), 0]
    last = places[np.maximum(end - 1, 0), 1]
    return np.stack([first, np.where(end > begin, last, first)], 1).ravel().tolist()
