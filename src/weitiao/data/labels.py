"""The order of labels: that in which a person would list them."""

from __future__ import annotations

import re
from collections.abc import Iterable

_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?([eE][+-]?\d+)?")
_DIGITS = re.compile(r"(\d+)")


def natural_order(labels: Iterable[str]) -> list[str]:
    """The distinct labels in natural order: "2" before "10", "a2" before "a10".

    Numbers go by value when all labels are numbers ("-1", "0.5", "2"); otherwise runs of digits
    count as whole numbers inside the text.
    """
    distinct = set(labels)
    if all(_NUMBER.fullmatch(label) for label in distinct):
        return sorted(distinct, key=lambda label: (float(label), label))
    return sorted(distinct, key=lambda label: (_pieces(label), label))


def _pieces(label: str) -> list[str | int]:
    # Text and digits alternate, text first, so that like is always compared with like.
    return [int(s) if i % 2 else s for i, s in enumerate(_DIGITS.split(label))]
