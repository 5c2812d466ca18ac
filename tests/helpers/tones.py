"""Short tones as sound files, low and high ones, and a table that names them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import soundfile
from conftest import write_csv

RATE = 8_000
HERTZ = {"low": 300, "high": 1500}


def tone(label: str, number: int, seconds: float | None = None) -> np.ndarray:
    """Another one for each number: of 0.1 to 0.3 s, a little noisy, at most a fifth off pitch."""
    random = np.random.default_rng((number, HERTZ[label]))
    seconds = random.uniform(0.1, 0.3) if seconds is None else seconds
    places = np.arange(round(RATE * seconds)) / RATE
    sound = np.sin(2 * np.pi * HERTZ[label] * random.uniform(0.8, 1.2) * places) / 3
    return sound + random.normal(0, 0.02, len(places))


def write_tones(folder: Path, count: int, first: int = 0, name: str = "my.csv") -> Path:
    """So many tones of either label beside a table with ``path`` and ``label``."""
    (folder / "sounds").mkdir(parents=True, exist_ok=True)
    rows = []
    for number in range(first, first + count):
        for label in HERTZ:
            path = f"sounds/{label}{number}.wav"
            soundfile.write(folder / path, tone(label, number), RATE)
            rows.append((path, label))
    return write_csv(folder / name, rows, header=("path", "label"))
