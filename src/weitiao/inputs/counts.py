"""Counts of findings in encoded rows, and the first row of each kind."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields
from typing import Any, Self, TypeVar

import numpy as np
import pyarrow as pa


class Counts:
    """A dataclass of them: what is called ``longest`` is the largest, ``first_…`` a place."""

    def __add__(self, other: Self) -> Self:
        """Those of the rows of both."""
        both: dict[str, Any] = {}
        for name in (field.name for field in fields(self)):  # type: ignore[arg-type] # kinds are dataclasses
            one, more = getattr(self, name), getattr(other, name)
            if name == "longest":
                both[name] = max(one, more)
            else:
                both[name] = (one or more) if name.startswith("first_") else one + more
        return type(self)(**both)


Kind = TypeVar("Kind", bound=Counts)


def first_place(which: np.ndarray, table: pa.Table) -> str | None:
    """Where the first of the rows of which it is true stands; null = it is true of none.

    Args:
        which: ``(N,)`` bool.
        table: the rows, with ``file`` and ``row``.
    """
    places = np.flatnonzero(which)
    if not len(places):
        return None
    place = int(places[0])
    return f"{table['file'][place].as_py()}, row {table['row'][place].as_py()}"


def by_split(found: Mapping[str, Kind], count: Callable[[Kind], int]) -> str:
    """A count of each split, in words."""
    return ", ".join(f"{split} {count(each):,}" for split, each in found.items())
