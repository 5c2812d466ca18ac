"""The spans of a chain of tags, and how probable each is.

An exported model takes this module with it, as it stands.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from weitiao.objectives.spans.tags import OUTSIDE, Span, best_tags, placed


class Found(NamedTuple):
    """What a model finds in a text.

    Args:
        spans: in the order of the text.
        sure: probability of each, as `probabilities_of` gives it.
    """

    spans: list[Span]
    sure: list[float]


def found_in(scores: np.ndarray, places: Sequence[np.ndarray], steps: np.ndarray) -> list[Found]:
    """The spans of the best tags of each row.

    Args:
        scores: ``(B, U, K)`` of each tag of each unit.
        places: ``(U, 2)`` of each row, which may have fewer units.
        steps: as `best_tags` takes them.
    """
    lengths = np.array([len(offsets) for offsets in places])
    tags = best_tags(scores, lengths, steps)
    sure, found = probabilities_of(scores, lengths, steps, tags), []
    for row, probabilities, offsets in zip(tags, sure, places, strict=True):
        spans = [*placed(row[: len(offsets)], offsets)]
        found.append(
            Found([span for _, span in spans], [float(probabilities[at]) for at, _ in spans])
        )
    return found


def probabilities_of(
    scores: np.ndarray, lengths: np.ndarray, steps: np.ndarray, tags: np.ndarray
) -> np.ndarray:
    """How probable it is that a span stands where tags say, with its type and no unit longer.

    Of all sequences of tags, weighted as the chain does it, the share of those that have the span
    (Culotta and McCallum 2004, "Confidence Estimation for Information Extraction").

    Args:
        scores: ``(B, U, K)`` of each tag of each unit.
        lengths: ``(B,)`` units of each row.
        steps: ``(K, K)`` weight of each step, as `best_tags` takes them.
        tags: ``(B, U)``.

    Returns:
        ``(B, U)``, of the span that begins at a unit; 0 where none does.
    """
    scores, steps = scores.astype(np.float64), steps.astype(np.float64)
    before, after = _before(scores, steps), _after(scores, lengths, steps)
    rows, places = np.indices(tags.shape)
    whole = _sum(before[np.arange(len(lengths)), np.maximum(lengths, 1) - 1])
    own = np.take_along_axis(scores, tags[..., None], 2)[..., 0]
    own[:, 1:] += steps[tags[:, :-1], tags[:, 1:]]
    upto, ends = own.cumsum(1), _ends(tags, lengths)
    inside = upto[rows, ends] - upto  # of the units after the first
    behind = _behind(scores, lengths, steps, after, tags)[rows, ends]
    total = before[rows, places, tags] + inside + behind - whole[:, None]
    begins = (tags % 2 == 1) & (places < lengths[:, None])
    return np.where(begins, np.exp(np.minimum(total, 0)), 0.0)


def _before(scores: np.ndarray, steps: np.ndarray) -> np.ndarray:
    """Log of the sum over all sequences up to each unit that end with each tag, ``(B, U, K)``."""
    found = scores.copy()
    found[:, 0] += steps[OUTSIDE]
    for place in range(1, scores.shape[1]):
        found[:, place] += _sum(found[:, place - 1, :, None] + steps, 1)
    return found


def _after(scores: np.ndarray, lengths: np.ndarray, steps: np.ndarray) -> np.ndarray:
    """The same of what follows each unit, if that has each tag; 0 from the last unit on."""
    found = np.zeros_like(scores)
    for place in range(scores.shape[1] - 2, -1, -1):
        onward = _sum(steps + (scores[:, place + 1] + found[:, place + 1])[:, None], 2)
        found[:, place] = np.where((place + 1 < lengths)[:, None], onward, 0)
    return found


def _behind(
    scores: np.ndarray, lengths: np.ndarray, steps: np.ndarray, after: np.ndarray, tags: np.ndarray
) -> np.ndarray:
    """The same of each unit, if that is the last one of a span with its tag, ``(B, U)``."""
    onward = np.zeros(tags.shape)
    ways = steps[tags[:, :-1]] + scores[:, 1:] + after[:, 1:]
    longer = tags[:, :-1] + tags[:, :-1] % 2  # the tag with which the span would go on
    np.put_along_axis(ways, longer[..., None], -np.inf, 2)
    inner = np.arange(1, tags.shape[1]) < lengths[:, None]
    onward[:, :-1] = np.where(inner, _sum(ways, 2), 0)
    return onward


def _ends(tags: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    """The last unit of what a unit begins, ``(B, U)``: up to where tags don't go on."""
    places = np.arange(tags.shape[1])
    following = np.zeros_like(tags)
    following[:, :-1] = tags[:, 1:]
    longer = (following % 2 == 0) & (following > OUTSIDE) & (places + 1 < lengths[:, None])
    ends = np.where(longer, tags.shape[1], places)
    return np.minimum.accumulate(ends[:, ::-1], 1)[:, ::-1]


def _sum(values: np.ndarray, axis: int = -1) -> np.ndarray:
    """Log of the sum of exponentials."""
    most = values.max(axis, keepdims=True)
    return np.log(np.exp(values - most).sum(axis)) + most.squeeze(axis)
