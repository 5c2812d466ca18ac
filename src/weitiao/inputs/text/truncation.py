"""Which positions of a too long sequence stay."""

from collections.abc import Sequence
from typing import Literal

Truncation = Literal["head", "tail", "head_tail"]


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
    room = max_length - len(special)
    of_shorter = min(len(first), len(second), room // 2)
    of_longer = room - of_shorter
    if len(first) > len(second):
        of_first, of_second = of_longer, of_shorter
    else:
        of_first, of_second = of_shorter, of_longer
    kept = _part(first, of_first, truncation) + _part(second, of_second, truncation)
    return sorted(special + kept)


def fixed(sequence_ids: Sequence[int | None], count: int) -> list[int | None]:
    """The same with ``None`` for the first ``count`` positions of each text: they are not cut."""
    begins = [sequence_ids.index(text) for text in {0, 1} & {*sequence_ids}]
    places = {begin + i for begin in begins for i in range(count)}
    return [None if i in places else text for i, text in enumerate(sequence_ids)]


def _part(positions: list[int], count: int, truncation: Truncation) -> list[int]:
    if len(positions) <= count:
        return positions
    if truncation == "tail":
        return positions[len(positions) - count :]
    head = count if truncation == "head" else count - count // 2
    return positions[:head] + positions[len(positions) - (count - head) :]
