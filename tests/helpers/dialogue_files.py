"""Conversations as files of the tests have them, and how these are read."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path
from random import Random
from typing import Any

import pyarrow as pa
from read_both_ways import read_both_ways

from weitiao.io.dialogues.messages import Message, messages_in
from weitiao.io.tables import Reader

COLUMNS = {"text": "text", "label": "label"}
Conversation = list[Message]
U, A = {"role": "user", "content": "在吗"}, {"role": "assistant", "content": "在"}
TEXTS = [
    *(
        "你好",
        "Hello, world",
        "007",
        "null",
        "1e5",
        "true",
        "[1] 好",
        "[",
        "{}",
        '"quoted"',
        "a\tb",
    ),
    *(
        "第一行\n第二行",
        "  spaced  ",
        "emoji 😀 end",
        "é",
        "x,y;z|w",
        '[{"text": "北京"}]',
        "\\u4f60",
    ),
]
"""What one may say: it looks like numbers, JSON or what separates cells, and is none."""


def cells(rows: Sequence[Sequence[str]], separator: str = ",") -> str:
    text = io.StringIO()
    csv.writer(text, delimiter=separator, lineterminator="\n").writerows(rows)
    return text.getvalue()


def read(path: Path, notes: list[str] | None = None, **options: Any) -> pa.Table:
    return read_both_ways(Reader(**{"columns": COLUMNS, "cells": "reply"} | options), path, notes)


def said(*texts: str, system: str | None = None) -> Conversation:
    """What user and assistant say by turns."""
    speakers = ("user", "assistant")
    first = [] if system is None else [Message("system", system)]
    return [*first, *(Message(speakers[i % 2], text) for i, text in enumerate(texts))]


def rows_of(table: pa.Table) -> list[Conversation]:
    """The messages of each row, its answer the last."""
    rows = table.to_pylist()
    answers = ([Message("assistant", row["label"])] if "label" in row else [] for row in rows)
    return [messages_in(row["text"]) + answer for row, answer in zip(rows, answers, strict=True)]


def drawn(count: int, *, system: bool = True, turns: int = 3, seed: int = 0) -> list[Conversation]:
    """Conversations that end with an answer."""
    draw = Random(seed)
    found = []
    for _ in range(count):
        texts = [draw.choice(TEXTS) for _ in range(2 * draw.randint(1, turns))]
        found.append(
            said(*texts, system=draw.choice(TEXTS) if system and draw.random() < 0.3 else None)
        )
    return found
