"""Four rows that every format must give back, and how tests read them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa

from weitiao.io.tables import Reader

TEXTS = ["很好", '他说"好"\n“是”', " x　", ""]
ROWS = [{"text": text, "label": i} for i, text in enumerate(TEXTS)]


def read(path: Path, **options: Any) -> pa.Table:
    out = path.parent / "out.arrow"
    return Reader(**options).read(str(path), out, path.parent / "bad.jsonl")


def check(table: pa.Table, first_row: int = 1) -> None:
    """The table holds `ROWS`."""
    assert table["text"].to_pylist() == TEXTS
    assert table["label"].to_pylist() == ["0", "1", "2", "3"]
    assert table["row"].to_pylist() == [first_row + i for i in range(4)]
