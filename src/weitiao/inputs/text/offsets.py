"""Where each id stands in the text as it was read, for targets that are spans of it."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from weitiao.inputs.text.alignment import aligned
from weitiao.inputs.text.unread import starts_of

OFFSETS = "offsets"
"""Column of encoded rows: begin and end of each id in code points, one after the other. -1 twice is
an id that stands for no text; equal ones stand for white space."""
_NO_TEXT = (-1, -1)


def offsets_of(found: Any, text: str, words: Sequence[str] | None, prefix: int) -> np.ndarray:
    """The offsets of an encoded text, ``(T, 2)``.

    White space at the ends of an id is no part of it: some tokenizers count it in.

    Args:
        found: an ``Encoding`` of tokenizers.
        words: the words of the text, where the tokenizer was given words.
        prefix: characters put before the text.
    """
    starts = starts_of(text, words) if words is not None else None
    offsets = []
    for text_id, word, (begin, end) in zip(
        found.sequence_ids, found.word_ids, found.offsets, strict=True
    ):
        shift = -prefix if starts is None or word is None else starts[word]
        begin, end = max(begin + shift, 0), end + shift
        if text_id is None or end <= begin:
            offsets.append(_NO_TEXT)
            continue
        piece = text[begin:end]
        begin += len(piece) - len(piece.lstrip())
        offsets.append((begin, max(begin, end - len(piece) + len(piece.rstrip()))))
    return np.array(offsets, np.int64).reshape(-1, 2)


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
    flat = np.array(offsets, np.int64).reshape(-1, 2)
    begin, end = flat.T
    text, filled = begin >= 0, end > begin
    first = np.minimum(np.maximum(begin, 0), len(places) - 1)
    last = np.maximum(end - 1, 0)
    moved = np.full_like(flat, -1)
    moved[text, 0] = places[first[text], 0]
    moved[text, 1] = moved[text, 0]
    moved[filled, 1] = places[last[filled], 1]
    return moved.ravel().tolist()
