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
    """The first and the last unit that a part of a text has a share in; null = none.

    Args:
        offsets: ``(U, 2)`` begin and end of each unit.
    """
    under = np.flatnonzero((offsets[:, 0] < end) & (offsets[:, 1] > begin))
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
    places = torch.from_numpy(offsets[units])
    width = min(len(units), longest)  # a unit has one code point at least
    begin, end = (x[1:][torch.from_numpy(units)] for x in (begin, end))
    reach = torch.arange(len(units)).unsqueeze(1) + torch.arange(width)  # (U, W)
    inside = reach < len(units)
    reach = reach.clamp(max=len(units) - 1)
    short = places[reach, 1] - places[:, :1] <= longest
    short[:, 0] = True  # if it is a single word, it may be longer than any of train
    pairs = (begin.unsqueeze(1) + end[reach]).masked_fill(~(inside & short), -torch.inf)
    sure, flat = pairs.flatten().topk(min(count, int((inside & short).sum())))
    answers = [_answer(places, int(i) // width, int(reach.flatten()[i]), text) for i in flat]
    return Found(answers, sure.exp().tolist(), float(np.exp(none)), none - float(sure[0]))


def _answer(places: Tensor, first: int, last: int, text: str) -> Answer:
    begin, end = int(places[first, 0]), int(places[last, 1])
    return begin, end, text[begin:end]
