"""Where the units of a text stand as it was read, for targets that are spans of it."""

from collections.abc import Iterable, Sequence
from itertools import chain
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from weitiao.inputs.text.alignment import aligned
from weitiao.inputs.text.unread import starts_of
from weitiao.io.arrow import Ragged, list_array
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
    ids = [position for position, of in enumerate(found.sequence_ids) if of == sequence]
    own = np.array(ids, np.int64)
    places = np.fromiter(chain.from_iterable(found.offsets), np.int64)  # much faster than `array`
    begins, ends = places.reshape(-1, 2)[own].T
    shift: np.ndarray | int = -prefix
    if words is not None:
        shift = _word_starts(text, words, np.array(found.word_ids, object)[own])
    begins, ends = np.maximum(begins + shift, 0), ends + shift
    # what an id shares with a later one is of that one
    taken = np.where(begins < ends, begins, len(text))
    following = np.minimum.accumulate(np.append(taken, len(text))[:0:-1])[::-1]
    ends = np.minimum(ends, following)
    there = begins < ends
    offsets, of = _units_in(text, begins[there], ends[there])
    return Units(offsets, own[there][of])


def _word_starts(text: str, words: Sequence[str], ids: Iterable[int | None]) -> np.ndarray:
    """Where the word of each id begins; 0 of an id that is of none."""
    starts = starts_of(text, words)
    return np.array([0 if word is None else starts[word] for word in ids], np.int64)


def _units_in(text: str, begins: np.ndarray, ends: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """What parts of a text hold of its units, ``(U, 2)``, and the part of each, ``(U,)``.

    Args:
        begins: of the parts, which follow each other.
        ends: likewise.
    """
    units = np.array([*(unit.span() for unit in UNIT.finditer(text)), (0, 0)], np.int64)
    first = np.searchsorted(units[:-1, 1], begins, side="right")
    counts = np.searchsorted(units[:-1, 0], ends) - first
    blank = counts == 0  # white space with an id of its own
    counts += blank
    of = np.repeat(np.arange(len(begins)), counts)
    within = np.arange(len(of)) - np.repeat(counts.cumsum() - counts, counts)
    held = units[first[of] + within]
    begin, end = np.maximum(held[:, 0], begins[of]), np.minimum(held[:, 1], ends[of])
    begin[blank[of]] = end[blank[of]] = begins[blank]
    return np.stack([begin, end], 1), of


def in_the_original(column: pa.ChunkedArray, table: pa.Table) -> pa.ChunkedArray:
    """Offsets in cleaned texts as offsets in the texts as they were read.

    Args:
        column: of the rows of the table.
        table: readable rows, with ``original`` and ``text``.
    """
    texts, originals = (table[name].to_pylist() for name in ("text", "original"))
    found, rows = Ragged(column), np.arange(len(texts))
    moved = [
        places if original == text else _moved(places, aligned(original, text))
        for places, original, text in zip(found.lists(rows), originals, texts, strict=True)
    ]
    return pa.chunked_array([list_array(moved, column.type.value_type)])


def _moved(offsets: np.ndarray, places: np.ndarray) -> np.ndarray:
    """Offsets ``(2 * U,)`` by the place of each character in another text, ``(N, 2)``."""
    begin, end = offsets.reshape(-1, 2).T
    first = places[np.minimum(begin, len(places) - 1), 0]
    last = places[np.maximum(end - 1, 0), 1]
    return np.stack([first, np.where(end > begin, last, first)], 1).ravel()
