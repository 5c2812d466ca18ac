"""Overlapping windows over long texts: which window judges which unit.

An exported model takes this module with it, as it stands.
"""

from typing import NamedTuple

import numpy as np

OVERLAP = 0.25  # of a window: each id has an eighth of it, or an end of the text, on either side
INSIDE = 4  # places of units within an id that are told apart


class Windows(NamedTuple):
    """The windows of a batch, and where its units stand in them.

    The ids around a text, such as those of a question about it, are part of each window, and count
    in each as much as in all together they would alone.

    Args:
        row: ``(W,)`` the row of each window.
        place: ``(W, L)`` of each id of a window in its row; -1 behind the end of the window.
        share: ``(W, L)`` float32, how much it counts in the mean of its row.
        before: ``(W, L)`` float32, the same of ids that stand before a text; else 0.
        unit: ``(B, U)`` where the id of a unit stands among all ``W · L``: of two windows, in that
            in which it is further inside; -1 behind the end of a row.
        inside: ``(B, U)`` its place within its id, up to the last that is told apart.
    """

    row: np.ndarray
    place: np.ndarray
    share: np.ndarray
    before: np.ndarray
    unit: np.ndarray
    inside: np.ndarray


def windows_of(lengths: np.ndarray, pieces: np.ndarray, longest: int) -> Windows:
    """The windows of rows of ``lengths (B,)`` ids.

    Args:
        pieces: ``(B, U)`` the id of each unit, in order, -1 behind the end of a row. From the first
            to the last they are the text's, those between them as well.
        longest: ids of a window, that a backbone reads at once.
    """
    rows, places, shares, befores, found = list[int](), [], [], [], []
    for number, length in enumerate(lengths.tolist()):
        own = pieces[number][pieces[number] >= 0]
        begin, end = (own[0], own[-1] + 1) if len(own) else (0, length)
        home = np.zeros((length, 2), np.int64)  # window of each id, and its place in that
        for ids, share in _cut(length, begin, end - begin, longest):
            (taken,) = share.nonzero()
            home[ids[taken], 0], home[ids[taken], 1] = len(rows), taken
            rows.append(number)
            places.append(ids)
            shares.append(share)
            befores.append(share * (ids < begin if len(own) else 1))
        found.append(home[own])
    place = _filled(places, -1)
    unit = [windows * place.shape[1] + at for windows, at in (each.T for each in found)]
    return Windows(
        np.array(rows, np.int64),
        place,
        _filled(shares, 0),
        _filled(befores, 0),
        _filled(unit, -1, pieces.shape[1]),
        _inside(pieces),
    )


def _cut(length: int, begin: int, count: int, longest: int) -> list[tuple[np.ndarray, np.ndarray]]:
    """The ids of each window of a row, and how much each counts."""
    if length <= longest:
        return [(np.arange(length), np.ones(length, np.float32))]
    room = longest - (length - count)
    shared = int(room * OVERLAP)
    starts = [*range(0, count - room, room - shared), count - room]
    ends = [start + room for start in starts]
    # where two windows overlap, each has the half that lies nearer to its middle
    edges = [0, *((a + b) // 2 for a, b in zip(ends, starts[1:], strict=False)), count]
    head, tail = np.arange(begin), np.arange(begin + count, length)
    windows = []
    for start, end, first, last in zip(starts, ends, edges, edges[1:], strict=False):
        own = np.arange(start, end)
        around = (np.full(len(ids), 1 / len(starts)) for ids in (head, tail))
        share = np.concatenate([next(around), (own >= first) & (own < last), next(around)])
        windows.append((np.concatenate([head, own + begin, tail]), share.astype(np.float32)))
    return windows


def _inside(pieces: np.ndarray) -> np.ndarray:
    """The place of each unit within its id, ``(B, U)``."""
    place = np.arange(pieces.shape[1])
    first = np.ones(pieces.shape, bool)
    first[:, 1:] = pieces[:, 1:] != pieces[:, :-1]
    begin = np.maximum.accumulate(place * first, 1)
    return np.minimum(place - begin, INSIDE - 1)


def _filled(lists: list[np.ndarray], fill: int, least: int = 0) -> np.ndarray:
    """Lists as the rows of an array, at least so wide."""
    width = max(least, *map(len, lists))
    array = np.full((len(lists), width), fill, lists[0].dtype)
    for cells, values in zip(array, lists, strict=True):
        cells[: len(values)] = values
    return array
