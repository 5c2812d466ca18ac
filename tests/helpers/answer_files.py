"""Questions with answers as files of the tests have them, and how these are read."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
from json_text import lines
from read_both_ways import read_both_ways

from weitiao.io.tables import Reader

COLUMNS = {"text": "context", "pair": "question", "label": "answers", "group": "context"}
TEXT = "叶老桂生于1912年，卒于1994年。"
BORN, BOTH, NONE = [[5, 9, "1912"]], [[5, 9, "1912"], [13, 17, "1994"]], []
LOST = [[-1, -1, "1913"], [5, 9, "1912"]]
ROWS = [("何年出生？", BORN), ("哪些年份？", BOTH), ("哪里人？", NONE), ("几岁？", LOST)]
Row = tuple[str, list[list[Any]]]


def squad(answers: list[list[Any]]) -> list[dict[str, Any]]:
    return [{"text": text, "answer_start": begin} for begin, _, text in answers]


def write_jsonl(path: Path, rows: list[dict[str, Any]]) -> None:
    path.write_text(lines(*rows), "utf-8")


def read(path: Path, notes: list[str] | None = None, **options: Any) -> pa.Table:
    return read_both_ways(Reader(**{"columns": COLUMNS, "cells": "answers"} | options), path, notes)


def answers(table: pa.Table) -> list[Any]:
    return [json.loads(label) for label in table["label"].to_pylist()]
