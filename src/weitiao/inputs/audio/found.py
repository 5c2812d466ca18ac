"""What is doubtful about sounds, counted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass

import pyarrow as pa

from weitiao.inputs.audio.opening import PEAK, SECONDS

SILENT = 1e-3
"""The highest peak of a sound that nobody hears: 60 dB below the loudest that 16 bits hold."""
LOUD = 1.0
"""From here on a whole number of any width has no more to say."""


@dataclass(frozen=True)
class Found:
    """How many sounds there are, and how many are doubtful.

    Args:
        rows: all of them.
        seconds: how long they are together.
        silent: whose peak nobody hears.
        clipped: whose peak is as high as numbers go: what was louder is lost.
    """

    rows: int = 0
    seconds: float = 0.0
    silent: int = 0
    clipped: int = 0

    @classmethod
    def of(cls, table: pa.Table) -> Found:
        """Those of readable rows."""
        peaks, seconds = (table[name].to_numpy() for name in (PEAK, SECONDS))
        counts = int((peaks < SILENT).sum()), int((peaks >= LOUD).sum())
        return cls(table.num_rows, float(seconds.sum()), *counts)

    def __add__(self, other: Found) -> Found:
        mine, theirs = asdict(self), asdict(other)
        return Found(**{name: mine[name] + theirs[name] for name in mine})

    @staticmethod
    def lines(by_split: Mapping[str, Found]) -> Iterator[str]:
        """For people: how much there is to hear, and a line for each doubt."""
        lengths = (f"{split} {found.seconds / 60:,.1f}" for split, found in by_split.items())
        yield f"minutes of sound: {', '.join(lengths)}"
        for name, why in (
            ("silent", "all of a row's samples are near 0"),
            ("clipped", "the loudest parts are cut: record at a lower level"),
        ):
            counts = {split: getattr(found, name) for split, found in by_split.items()}
            if any(counts.values()):
                told = ", ".join(f"{split} {count:,}" for split, count in counts.items())
                yield f"! {name} sounds: {told}; {why}"
