"""Truncation: which positions of a too long sequence stay."""

from collections.abc import Sequence
from itertools import chain
from typing import Any, Literal

import numpy as np

Truncation = Literal["head", "tail", "head_tail", "windows"]
"""``windows`` cuts nothing: the objective reads a long text part by part."""


def kept_positions(
    sequence_ids: Sequence[int | None], max_length: int, truncation: Truncation
) -> list[int]:
    """Positions to keep so that at most ``max_length`` remain, all special ones among them.

    Of a pair the longer text is cut first, as Hugging Face's ``longest_first`` does: the shorter
    one gets up to half of the room, the longer one the rest. ``head_tail`` keeps the first and the
    last half of what fits (Sun et al. 2019, "How to Fine-Tune BERT").

    Args:
        sequence_ids: per position 0 or 1 for the text it belongs to, ``None`` for a special id.
        max_length: positions that may stay.
        truncation: part of each text that stays.
    """
    special = [i for i, s in enumerate(sequence_ids) if s is None]
    first = [i for i, s in enumerate(sequence_ids) if s == 0]
    second = [i for i, s in enumerate(sequence_ids) if s == 1]
    lengths = [len(first), len(second)]
    kept = kept_lengths(lengths, max_length - len(special), truncation)
    parts = (
        text[:head] + text[len(text) - tail :]
        for text, (head, tail) in zip((first, second), kept, strict=True)
    )
    return sorted([*special, *chain.from_iterable(parts)])


def kept_lengths(
    lengths: Sequence[Any], room: Any, truncation: Truncation
) -> list[tuple[Any, Any]]:
    """How many positions stay at the head and at the tail of each text of a row.

    Args:
        lengths: of one text, or two; numbers, or ``(N,)`` of as many rows.
        room: positions that may stay; likewise.
        truncation: as `kept_positions` has it.
    """
    first, second = [*lengths, 0][:2]
    of_shorter = np.minimum(np.minimum(first, second), room // 2)
    longer = (first > second, first <= second)
    kept = [
        np.minimum(length, np.where(is_longer, room - of_shorter, of_shorter))
        for length, is_longer in zip(lengths, longer, strict=False)
    ]
    if truncation == "tail":
        return [(0 * count, count) for count in kept]
    if truncation == "head":
        return [(count, 0 * count) for count in kept]
    return [(count - count // 2, count // 2) for count in kept]


def fixed(sequence_ids: Sequence[int | None], count: int) -> list[int | None]:
    """The same with ``None`` for the first ``count`` positions of each text: they are not cut."""
    begins = [sequence_ids.index(text) for text in {0, 1} & {*sequence_ids}]
    places = {begin + i for begin in begins for i in range(count)}
    return [None if i in places else text for i, text in enumerate(sequence_ids)]
