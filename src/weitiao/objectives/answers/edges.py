"""From probabilities of begin and end to answers, and from answers to units.

An exported model takes this module with it, as it stands.
"""

from typing import NamedTuple

import numpy as np


class Found(NamedTuple):
    """What a model finds in a text.

    Args:
        answers: begin, end and text of the most probable ones, the best first.
        sure: probability of each.
        none: probability that there is no answer.
        doubt: by how many nats that is likelier than the best answer; -inf where it can't be.
    """

    answers: list[tuple[int, int, str]]
    sure: list[float]
    none: float
    doubt: float


def units_under(begin: int, end: int, offsets: np.ndarray) -> tuple[int, int] | None:
    """The first and the last unit that a part of a text has a share in, white space aside; null =
    none.

    Args:
        offsets: ``(U, 2)`` begin and end of each unit.
    """
    begins, ends = offsets.T
    under = np.flatnonzero((begins < end) & (ends > begin) & (ends > begins))
    return (int(under[0]), int(under[-1])) if len(under) else None


def best_answers(
    begin: np.ndarray, end: np.ndarray, offsets: np.ndarray, text: str, *, longest: int, count: int
) -> Found:
    """The answers of highest probability.

    Args:
        begin: ``(1 + U')`` log-probabilities, ``U' ≥ U``: of no answer, and of each unit.
        end: likewise.
        offsets: ``(U, 2)`` begin and end of each unit.
        longest: code points of an answer.
        count: how many.
    """
    none = float(begin[0] + end[0])
    units = np.flatnonzero(offsets[:, 1] > offsets[:, 0])  # no white space
    if not len(units):
        return Found([], [], float(np.exp(none)), np.inf)
    begin, end = begin[1 + units], end[1 + units]
    last = _last_ends(offsets[units], longest)
    # the best answers begin at those units whose own best answers are the best
    firsts = _top(begin + _highest(end, last), count).tolist()
    pairs = [(first, unit) for first in firsts for unit in range(first, int(last[first]) + 1)]
    both = np.array(pairs).T
    odds = begin[both[0]] + end[both[1]]
    best = _top(odds, count)
    answers = [_answer(offsets[units], pairs[i], text) for i in best.tolist()]
    sure = np.exp(odds[best]).tolist()
    return Found(answers, sure, float(np.exp(none)), none - float(odds[best[0]]))


def _top(values: np.ndarray, count: int) -> np.ndarray:
    """The places of the highest values, the highest first, at most ``count``."""
    return np.argsort(-values, kind="stable")[:count]


def _last_ends(offsets: np.ndarray, longest: int) -> np.ndarray:
    """The last unit at which an answer may end that begins at a unit, ``(U,)``."""
    last = np.searchsorted(offsets[:, 1], offsets[:, 0] + longest, side="right") - 1
    # if it is a single word, it may be longer than any of train
    return np.maximum(last, np.arange(len(offsets)))


def _highest(values: np.ndarray, last: np.ndarray) -> np.ndarray:
    """The highest of the values from each place to its last one, ``(U,)``.

    Of stretches of 1, 2, 4, … values the highest is known, and two of them cover any other: the
    pairs of all begins and ends would take 20 GB for a text of 50,000 characters.
    """
    lengths = last - np.arange(len(values)) + 1
    found, highest, width = values.copy(), values, 1
    while 2 * width <= int(lengths.max()):
        highest = np.maximum(highest[:-width], highest[width:])
        width *= 2
        (here,) = (lengths >= width).nonzero()
        found[here] = np.maximum(highest[here], highest[last[here] - width + 1])
    return found


def _answer(places: np.ndarray, pair: tuple[int, int], text: str) -> tuple[int, int, str]:
    begin, end = int(places[pair[0], 0]), int(places[pair[1], 1])
    return begin, end, text[begin:end]
