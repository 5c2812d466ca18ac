"""Questions with options as files of the tests have them, and how these are read."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
from read_both_ways import read_both_ways

from weitiao.io.tables import Reader

COLUMNS = {"text": "question", "pair": "options", "passage": "passage", "label": "answer"}


def read(path: Path, notes: list[str] | None = None, **options: Any) -> pa.Table:
    return read_both_ways(Reader(**{"columns": COLUMNS, "cells": "choice"} | options), path, notes)


def rows_of(table: pa.Table) -> list[tuple[str, str, list[str], str]]:
    """Passage, question, options and letter of each row."""
    rows = table.to_pylist()
    return [(r["passage"], r["text"], json.loads(r["pair"]), r["label"]) for r in rows]
