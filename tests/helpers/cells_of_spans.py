"""Cells that give spans, in every format that has cells, and what is read of them."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from json_text import as_json, lines
from read_both_ways import read_both_ways

from weitiao.io.tables import Reader

TEXT = "叶老桂住在杭州"
NAMES = [[0, 3, "PER"], [5, 7, "LOC"]]


def study(*results: dict[str, Any], **marks: Any) -> list[dict[str, Any]]:
    """Annotations of Label Studio: one, of these values."""
    regions = [{"type": "labels", "id": "x", "value": value} for value in results]
    return [{"id": 1, "was_cancelled": False, "result": regions} | marks]


PER = {"start": 0, "end": 3, "text": "叶老桂", "labels": ["PER"]}
LOC = {"start": 5, "end": 7, "text": "杭州", "labels": ["LOC"]}


def cell(value: Any) -> str:
    return value if isinstance(value, str) else as_json(value)


def write_jsonl(path: Path, rows: list[tuple[Any, Any]]) -> None:
    path.write_text(lines(*({"text": text, "label": label} for text, label in rows)), "utf-8")


def write_document(path: Path, rows: list[tuple[Any, Any]]) -> None:
    path.write_text(as_json([{"text": text, "label": label} for text, label in rows]), "utf-8")


def write_table(path: Path, rows: list[tuple[Any, Any]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        cells = [(cell(text), "" if label == [] else cell(label)) for text, label in rows]
        csv.writer(file).writerows([("text", "label"), *cells])


def write_columns(path: Path, rows: list[tuple[Any, Any]]) -> None:
    texts, labels = ([row[i] for row in rows] for i in (0, 1))
    try:
        table = pa.table({"text": texts, "label": labels})
    except pa.ArrowInvalid:  # triples are of two types
        table = pa.table({"text": texts, "label": [as_json(label) for label in labels]})
    pq.write_table(table, path)


def write_workbook(path: Path, rows: list[tuple[Any, Any]]) -> None:
    book = pytest.importorskip("openpyxl").Workbook()
    for text, label in [("text", "label"), *rows]:
        book.active.append([cell(text), cell(label)])
    book.save(path)


WRITERS: dict[str, Callable[[Path, list[tuple[Any, Any]]], None]] = {
    "jsonl": write_jsonl,
    "json": write_document,
    "csv": write_table,
    "parquet": write_columns,
    "xlsx": write_workbook,
}


def read(path: Path, notes: list[str] | None = None, **options: Any) -> pa.Table:
    return read_both_ways(Reader(cells="spans", **options), path, notes)


def spans(table: pa.Table) -> list[Any]:
    return [json.loads(label) for label in table["label"].to_pylist()]
