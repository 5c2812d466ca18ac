"""From spans of a text to tags of its units, and back.

An exported model takes this module with it, as it stands.
"""

from collections.abc import Iterable, Iterator

import numpy as np

Span = tuple[int, int, int]
"""Begin, end (in code points) and type of a span."""
OUTSIDE = 0
"""The tag of a unit in no span. Of type ``t`` the first has tag ``2t + 1``, others ``2t + 2``."""


def tags_of(spans: Iterable[Span], offsets: np.ndarray) -> np.ndarray:
    """The tag of each unit, ``(U,)``: it belongs to the longest span that it has a part in.

    Args:
        offsets: ``(U, 2)`` begin and end of each unit.
    """
    begin, end = offsets.T
    tags = np.full(len(offsets), OUTSIDE)
    for first, last, kind in sorted(spans, key=lambda span: (span[0] - span[1], span)):
        inside = np.flatnonzero((begin < last) & (end > first))
        if len(inside):
            inside = np.arange(inside[0], inside[-1] + 1)  # with white space between its words
        if len(inside) and not tags[inside].any():
            tags[inside] = 2 * kind + 2
            tags[inside[0]] = 2 * kind + 1
    return tags


def spans_of(tags: np.ndarray, offsets: np.ndarray) -> list[Span]:
    """The spans that tags ``(U,)`` say, of units at ``offsets (U, 2)``.

    White space at the ends of a span is no part of it.
    """
    return [span for _, span in placed(tags, offsets)]


def placed(tags: np.ndarray, offsets: np.ndarray) -> Iterator[tuple[int, Span]]:
    """The same, with the unit that each begins with."""
    for start in np.flatnonzero(tags % 2).tolist():
        stop = start + 1
        while stop < len(tags) and tags[stop] == tags[start] + 1:
            stop += 1
        filled = offsets[start:stop][offsets[start:stop, 1] > offsets[start:stop, 0]]
        if len(filled):
            yield start, (int(filled[0, 0]), int(filled[-1, 1]), int(tags[start]) // 2)


def best_tags(scores: np.ndarray, lengths: np.ndarray, steps: np.ndarray) -> np.ndarray:
    """The best tags of each row, ``(B, U)``, by Viterbi's algorithm; 0 behind its end.

    Args:
        scores: ``(B, U, K)`` of each tag of each unit.
        lengths: ``(B,)`` units of each row.
        steps: ``(K, K)`` weight of each step, from the tag of the row to that of the column. A row
            begins as if a unit outside of any span stood before.
    """
    total, froms = scores[:, 0] + steps[OUTSIDE], []
    for place in range(1, scores.shape[1]):
        ways = total[:, :, None] + steps
        here = (place < lengths)[:, None]
        froms.append(np.where(here, ways.argmax(1), np.arange(len(steps))))
        total = np.where(here, ways.max(1) + scores[:, place], total)
    path = [total.argmax(1)]
    for source in reversed(froms):
        path.append(source[np.arange(len(source)), path[-1]])
    tags = np.stack(path[::-1], 1)
    return np.where(np.arange(tags.shape[1]) < lengths[:, None], tags, OUTSIDE)
