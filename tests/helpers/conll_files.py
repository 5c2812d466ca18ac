"""CoNLL files as tests write them, and what is read of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa

from weitiao.io.tables import Reader

ENGLISH = [
    ["EU rejects German call .", [[0, 2, "ORG"], [11, 17, "MISC"]]],
    ["Peter", [[0, 5, "PER"]]],
]
PLAIN = "EU B-ORG\nrejects O\nGerman B-MISC\ncall O\n. O\n\nPeter B-PER\n"


def write(folder: Path, text: str, name: str = "a.conll") -> Path:
    path = folder / name
    path.write_text(text, "utf-8")
    return path


def read(path: Path, notes: list[str] | None = None, **options: Any) -> pa.Table:
    """What `Reader.read` gives, and `Reader.stream`, which is the same."""
    reader = Reader(cells="spans", **options)
    told: list[str] = []
    table = reader.read(str(path), path.parent / "out.arrow", path.parent / "bad.jsonl", told)
    with reader.inputs({"": str(path)}) as inputs:
        parts = [part.rows for part in reader.stream(inputs[""], 1)]
    assert pa.concat_tables(parts).to_pylist() == table.to_pylist()
    if notes is not None:
        notes += [note.partition(": ")[2] for note in told]
    return table


def pairs(table: pa.Table) -> list[list[Any]]:
    columns = table["text"].to_pylist(), table["label"].to_pylist()
    return [[text, json.loads(label)] for text, label in zip(*columns, strict=True)]
