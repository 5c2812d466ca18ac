"""A small corpus whose neighbours are known: in each topic two words stand in the same places."""

from __future__ import annotations

import random
from pathlib import Path

PAIRS = (("好", "不错"), ("差", "糟糕"), ("great", "fine"), ("酒店", "宾馆"))


def write_corpus(path: Path, count: int = 1500) -> Path:
    """Lines of words with a space between; those of a topic share only the last with others."""
    draw = random.Random(0)
    lines = []
    for _ in range(count):
        topic = draw.randrange(len(PAIRS))
        before, after = (f"{side}{topic}{draw.choice('abcdef')}" for side in ("l", "r"))
        lines.append(f"{before} {draw.choice(PAIRS[topic])} {after} 。")
    path.write_text("\n".join(lines) + "\n", "utf-8")
    return path
