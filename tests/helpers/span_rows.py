"""Texts with people and cities in them, which the tests of spans share."""

from __future__ import annotations

import json
import random
from pathlib import Path

from conftest import write_csv

SURNAMES, NAMES = "王李张刘陈", ("伟", "秀英", "娜", "建国", "敏")
CITIES = ("北京", "上海", "Berlin", "New York", "广州市")
FILLERS = ("今天", "大家", "在会上", "又说起", "the weather", "和", "，", "很高兴地", "去年")
Span = tuple[int, int, str]
Row = tuple[str, list[Span]]


def rows(count: int, seed: int = 0) -> list[Row]:
    """Texts with people and cities in them; every tenth has none."""
    draw, made = random.Random(seed), []
    for number in range(count):
        text, spans = "", []
        for _ in range(draw.randint(1, 4)):
            text += draw.choice(FILLERS)
            if number % 10:
                kind = draw.choice(("PER", "LOC"))
                name = draw.choice(CITIES)
                if kind == "PER":
                    name = draw.choice(SURNAMES) + draw.choice(NAMES)
                spans.append((len(text), len(text) + len(name), kind))
                text += name
        made.append((f"{text}。{number}", spans))
    return made


def write(path: Path, found: list[Row]) -> Path:
    """A CSV of texts with their spans as JSON."""
    cells = [(text, json.dumps(spans, ensure_ascii=False)) for text, spans in found]
    return write_csv(path, cells, header=("text", "label"))
