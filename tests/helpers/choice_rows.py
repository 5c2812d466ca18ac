"""Questions with options, which the tests of choices share."""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path

from conftest import write_csv

ANIMALS = ("猫", "狗", "鱼", "鸟", "cat", "horse", "牛")
HEADER = ("id", "question", "A", "B", "C", "D", "answer")
Row = tuple[str, ...]


def rows(count: int, seed: int = 0) -> list[Row]:
    """Questions of two to four options, of which the one in the question is right."""
    draw, made = random.Random(seed), []
    for number in range(count):
        options = draw.sample(ANIMALS, draw.choice((2, 3, 4)))
        right = draw.randrange(len(options))
        asked = f"第{number}题，{draw.choice(('今天', '昨天'))}来的是{options[right]}，是谁？"
        cells = [*options, *[""] * (4 - len(options))]
        made.append((f"q{number}", asked, *cells, "ABCD"[right]))
    return made


def write(path: Path, found: Sequence[Row], header: Sequence[str] = HEADER) -> Path:
    return write_csv(path, [*found], header=header)
