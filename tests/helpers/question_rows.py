"""Texts with questions about them, which the tests of answers share."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

from conftest import write_csv

PEOPLE, CITIES = ("王伟", "李娜", "Anna Lee", "张建国"), ("北京", "Berlin", "上海", "New York")
FILLERS = ("今天", "大家", "又说起", "the weather", "很高兴地", "去年")
HEADER = ("id", "context", "question", "answers")
Row = tuple[str, str, str, list[Any]]


def rows(count: int, seed: int = 0, *, none: bool = False) -> list[Row]:
    """Texts with a person and a city, and a question for one of them.

    Args:
        none: every third text lacks what it is asked for.
    """
    draw, made = random.Random(seed), []
    for number in range(count):
        kind = draw.choice(("谁", "where"))
        parts = {"谁": f"人{draw.choice(PEOPLE)}，", "where": f"在{draw.choice(CITIES)}。"}
        said = parts[kind][1:-1]
        if none and number % 3 == 0:
            parts.pop(kind)
        order = [*parts.values()]
        draw.shuffle(order)
        context = "".join(f"{draw.choice(FILLERS)} {part}" for part in order) + str(number)
        begin = context.find(parts[kind]) + 1 if kind in parts else -1
        answers = [[begin, begin + len(said), said]] if kind in parts else []
        made.append((f"q{number}", context, f"{kind}？", answers))
    return made


def write(path: Path, found: list[Row]) -> Path:
    cells = [(*row[:3], json.dumps(row[3], ensure_ascii=False)) for row in found]
    return write_csv(path, cells, header=HEADER)
