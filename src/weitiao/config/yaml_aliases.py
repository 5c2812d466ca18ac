"""YAML whose aliases fold much into little, or a value into itself, told before it is unfolded."""

from __future__ import annotations

from typing import Any

_DEEPEST, _MOST = 100, 100_000  # levels and values; the whole configuration of a run has some 300


def refuse_endless(value: Any) -> None:
    """Refuse a value that can't be walked through, or only in hours.

    Args:
        value: lists, dictionaries and scalars, as a YAML loader gives them.

    Raises:
        ValueError: it holds itself, is nested too deeply, or has too many values.
    """
    sizes: dict[int, int] = {}  # of what was unfolded before, so that each part is seen once

    def unfold(part: Any, depth: int) -> int:
        if not isinstance(part, dict | list):
            return 1
        if depth > _DEEPEST:
            raise ValueError(f"a value holds itself, or is nested more than {_DEEPEST} levels deep")
        if id(part) not in sizes:
            members = part.values() if isinstance(part, dict) else part
            sizes[id(part)] = 1 + sum(unfold(member, depth + 1) for member in members)
        return sizes[id(part)]

    if (size := unfold(value, 0)) > _MOST:
        raise ValueError(
            f"with its aliases unfolded it holds more than {_MOST:,} values ({size:,})"
        )
