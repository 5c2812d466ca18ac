"""Delimited rows and JSON lines written into a file and read."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
from text_parts import roles

from weitiao.io.tables import Reader

ALL = roles(pair="pair", group="author", id="key")


def as_csv(rows: list[tuple[str, ...]], separator: str = ",") -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerows(rows)
    return text.getvalue()


def read(folder: Path, data: str | bytes, suffix: str = "csv", **options: Any) -> pa.Table:
    """Write `data` into a file and read it."""
    path = folder / f"file.{suffix}"
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    quarantine = folder / "bad.jsonl"
    return Reader(**options).read(str(path), folder / "out.arrow", quarantine)


def quarantined(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "bad.jsonl").open(encoding="utf-8")]


GOOD = '{"text": "好", "label": 1}\n'
