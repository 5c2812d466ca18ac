"""Pictures that may be no use: of one colour, tiny, or of an odd shape."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from operator import attrgetter

import numpy as np
import pyarrow as pa

from weitiao.inputs.counts import Counts, by_split, first_place

FLAT = 4
"""Difference between the brightest and the darkest value of a picture of one colour, at most."""
TINY = 16  # pixels of the shorter side, below
ODD = 4  # the longer side over the shorter one, above
AT_ONCE = 256  # pictures


@dataclass(frozen=True)
class Found(Counts):
    """How many pictures are doubtful, and where the first of each kind stands."""

    blank: int
    tiny: int
    odd: int
    first_blank: str | None = None
    first_tiny: str | None = None
    first_odd: str | None = None

    @classmethod
    def of(cls, pixels: np.ndarray, table: pa.Table) -> Found:
        """Look at pictures.

        Args:
            pixels: ``(N, C, S, S)``.
            table: their rows.
        """
        blank = np.zeros(len(pixels), bool)
        for start in range(0, len(pixels), AT_ONCE):
            part = pixels[start : start + AT_ONCE]
            blank[start : start + AT_ONCE] = (np.ptp(part, axis=(2, 3)) <= FLAT).all(1)
        sides = np.stack([table[name].to_numpy() for name in ("width", "height")])
        tiny = sides.min(0, initial=2**30) < TINY
        odd = sides.max(0, initial=0) > ODD * sides.min(0, initial=2**30)
        firsts = (first_place(which, table) for which in (blank, tiny, odd))
        return cls(int(blank.sum()), int(tiny.sum()), int(odd.sum()), *firsts)

    @staticmethod
    def lines(found: Mapping[str, Found]) -> Iterator[str]:
        """A warning for each kind that there is."""
        for name, what in (
            ("blank", "pictures of one colour"),
            ("tiny", f"pictures with a side below {TINY} pixels"),
            ("odd", f"pictures more than {ODD} times as long as wide, or the reverse"),
        ):
            if any(getattr(each, name) for each in found.values()):
                first = next(filter(None, (getattr(e, f"first_{name}") for e in found.values())))
                counts = by_split(found, attrgetter(name))
                yield f"! {what}: {counts}; the first: {first}"
