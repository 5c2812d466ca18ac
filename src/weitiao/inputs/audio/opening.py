"""Opens the sounds that cells name, while rows are read: what is broken is a bad row."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa

from weitiao.inputs.audio.clips import UnreadableSound, read_clip
from weitiao.io.tables.opened import Opened

DIGEST, SECONDS, PEAK = "digest", "seconds", "peak"


@dataclass(frozen=True)
class SoundOpener:
    """Listens to sounds: whether they can be read, and what tells them apart.

    Args:
        rate: that they are read at, in samples a second.
        shortest: of a sound, in seconds.
        longest: likewise.
    """

    rate: int
    shortest: float
    longest: float

    columns: ClassVar[dict[str, pa.DataType]] = {
        DIGEST: pa.string(),
        SECONDS: pa.float64(),
        PEAK: pa.float32(),
    }
    """Hash of the samples, how long they take, and the largest of them."""

    def open(self, folder: Path, cells: Sequence[str | None]) -> Opened:
        """What the sounds are like that cells name, relative to a folder."""
        found: list[tuple[Any, ...]] = []
        faults: dict[int, tuple[str, str | None]] = {}
        for place, cell in enumerate(cells):
            try:
                found.append(self._of(folder, cell))
            except UnreadableSound as fault:
                found.append((None, None, None))
                faults[place] = str(fault), fault.hint
        values = zip(*found, strict=True) if found else ([] for _ in self.columns)
        arrays = {
            name: pa.array(list(column), kind)
            for (name, kind), column in zip(self.columns.items(), values, strict=True)
        }
        return Opened(arrays, faults)

    def _of(self, folder: Path, cell: str | None) -> tuple[str, float, float]:
        if not cell:
            raise UnreadableSound("no file is named")
        samples = read_clip(folder / cell, self.rate)
        seconds = len(samples) / self.rate
        if seconds < self.shortest:
            problem = f"takes {seconds:.3f} s, less than {self.shortest:g}"
            raise UnreadableSound(problem, "{--shortest}")
        if seconds > self.longest:
            problem = f"takes {seconds:,.1f} s, more than {self.longest:g}"
            raise UnreadableSound(problem, "{--longest}, or parts of it")
        digest = hashlib.blake2b(samples.tobytes(), digest_size=16)
        return digest.hexdigest(), seconds, float(np.abs(samples).max())
