"""From probabilities of begin and end to answers, and from answers to units."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from weitiao.targets.answers import Answer


class Found(NamedTuple):
    """What a model finds in a text.

    Args:
        answers: the most probable ones, the best first.
        sure: probability of each.
        none: probability that there is no answer.
        doubt: by how many nats that is likelier than the best answer; -inf where it can't be.
    """

    answers: list[Answer]
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
    begin: Tensor, end: Tensor, offsets: np.ndarray, text: str, *, longest: int, count: int
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
    begin, end = (x[1:][torch.from_numpy(units)] for x in (begin, end))
    last = _last_ends(offsets[units], longest)
    # the best answers begin at those units whose own best answers are the best
    firsts = (begin + _highest(end, last)).topk(min(count, len(units))).indices.tolist()
    pairs = [(first, unit) for first in firsts for unit in range(first, int(last[first]) + 1)]
    both = torch.tensor(pairs).T
    sure, best = (begin[both[0]] + end[both[1]]).topk(min(count, len(pairs)))
    answers = [_answer(offsets[units], pairs[i], text) for i in best.tolist()]
    return Found(answers, sure.exp().tolist(), float(np.exp(none)), none - float(sure[0]))


def _last_ends(offsets: np.ndarray, longest: int) -> np.ndarray:
    """The last unit at which an answer may end that begins at a unit, ``(U,)``."""
    last = np.searchsorted(offsets[:, 1], offsets[:, 0] + longest, side="right") - 1
    # if it is a single word, it may be longer than any of train
    return np.maximum(last, np.arange(len(offsets)))


def _highest(values: Tensor, last: np.ndarray) -> Tensor:
    """The highest of the values from each place to its last one, ``(U,)``.

    Of stretches of 1, 2, 4, … values the highest is known, and two of them cover any other: the
    pairs of all begins and ends would take 20 GB for a text of 50,000 characters.
    """
    ends = torch.from_numpy(last)
    lengths = ends - torch.arange(len(values)) + 1
    found, highest, width = values, values, 1
    while 2 * width <= int(lengths.max()):
        highest = torch.maximum(highest[:-width], highest[width:])
        width *= 2
        here = (lengths >= width).nonzero()[:, 0]
        both = highest[here], highest[ends[here] - width + 1]
        found = found.index_copy(0, here, torch.maximum(*both))
    return found


def _answer(places: np.ndarray, pair: tuple[int, int], text: str) -> Answer:
    begin, end = int(places[pair[0], 0]), int(places[pair[1], 1])
    return begin, end, text[begin:end]
