"""The units of encoded texts, and their places in the original text.

An exported model takes this module with it, as it stands.
"""

from collections.abc import Iterable, Sequence
from itertools import chain
from typing import Any, NamedTuple

import numpy as np

from weitiao.inputs.text.alignment import aligned
from weitiao.inputs.text.truncation import fixed
from weitiao.io.spans.units import UNIT


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


class Located(NamedTuple):
    """A row that is left whole, and read in windows.

    Args:
        ids: of the row.
        types: of a pair, which text each is of.
        units: of its text.
    """

    ids: list[int]
    types: list[int]
    units: Units


def located(
    found: Any, text: str, words: Sequence[str] | None, prefix: int, beyond: range | None
) -> Located:
    """An encoded row.

    Args:
        found: an ``Encoding`` of tokenizers.
        text: of a pair the first one, which was encoded as the second.
        words: as `units_of` takes them; likewise ``prefix``.
        beyond: of a pair, what `beyond_windows` gives; null = it is one text.
    """
    units = units_of(found, text, words, prefix, 0 if beyond is None else 1)
    part = beyond or range(0)
    pieces = units.pieces - len(part) * (units.pieces >= part.stop)
    ids, types = ([*x[: part.start], *x[part.stop :]] for x in (found.ids, found.type_ids))
    return Located(ids, types, Units(units.offsets, pieces))


def beyond_windows(found: Any, longest: int, added: int, before: int) -> range:
    """The ids of the second text of a pair, a part of each window, for which that has no room.

    Where a row is longer than a window, it may fill half of what special ids leave.

    Args:
        found: an ``Encoding`` of tokenizers, with the second text first.
        longest: ids of a window.
        added: special ids and those of prefixes.
        before: ids of the prefix of each text.
    """
    room = (longest - added) // 2
    if len(found.ids) <= longest or found.sequence_ids.count(0) <= room:
        return range(0)
    places = [i for i, text in enumerate(fixed(found.sequence_ids, before)) if text == 0]
    return range(places[room], places[-1] + 1) if len(places) > room else range(0)


def starts_of(text: str, words: Sequence[str]) -> list[int]:
    """Where each word begins; they are slices of the text, in order."""
    starts, place = [], 0
    for word in words:
        begin = text.find(word, place)
        starts.append(begin)
        place = begin + len(word)
    return starts


def in_the_text_as_read(offsets: np.ndarray, original: str, cleaned: str) -> np.ndarray:
    """Offsets ``(U, 2)`` in a cleaned text as offsets in the text as it was read."""
    if original == cleaned:
        return offsets
    begin, end = offsets.T
    places = aligned(original, cleaned)
    first = places[np.minimum(begin, len(places) - 1), 0]
    last = places[np.maximum(end - 1, 0), 1]
    return np.stack([first, np.where(end > begin, last, first)], 1)
