"""Delimited files as programs write them, and what is read of them."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from weitiao.io.tables import Reader

ROWS = [(f"第{i}条评论,“很好”; 真的|好", f"标{i % 2}") for i in range(30)]
HEADER = ("text", "label")


def written(separator: str = ",", rows: Sequence[tuple[str, ...]] = (HEADER, *ROWS)) -> str:
    text = io.StringIO()
    csv.writer(text, delimiter=separator).writerows(rows)
    return text.getvalue()


def read(path: Path, data: str | bytes, **options: Any) -> tuple[list[tuple[str, str]], list[str]]:
    """Texts and labels, and what is noted, without the file's name."""
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    notes: list[str] = []
    table = Reader(**options).read(str(path), path.parent / "out.arrow", notes=notes)
    pairs = list(zip(table["text"].to_pylist(), table["label"].to_pylist(), strict=True))
    told = (note.removeprefix(f"{path}: ") for note in notes)
    return pairs, [note for note in told if "isn't in UTF-8" not in note]


def quarantined(folder: Path) -> list[dict[str, Any]]:
    lines = (folder / "out.quarantine.jsonl").read_text("utf-8").splitlines()
    return [json.loads(line) for line in lines]
