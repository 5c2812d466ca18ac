"""Rows with every fault that an audit looks for, and how tests write them."""

from __future__ import annotations

import pyarrow as pa
from text_parts import keyed

OFF = {"merge_duplicates": False, "drop_conflicts": False, "drop_leaks": False}


def rows(*texts_and_labels: tuple[str, ...], file: str = "train.tsv") -> pa.Table:
    """Rows of (text, label) or (text, pair, label)."""
    columns = ("text", "pair", "label") if len(texts_and_labels[0]) == 3 else ("text", "label")
    table = pa.table(
        dict(zip(columns, map(list, zip(*texts_and_labels, strict=True)), strict=True))
    )
    numbers = pa.array(range(1, table.num_rows + 1), pa.int64())
    table = table.append_column("file", pa.array([file] * table.num_rows))
    return keyed(table.append_column("row", numbers))


def texts(table: pa.Table) -> list[str]:
    return table["text"].to_pylist()


GIVEN = {
    "train": rows(
        ("好看", "pos"),  # 1
        ("难看", "neg"),  # 2
        ("好 看", "pos"),  # 3 repeats 1
        ("一般", "pos"),  # 4 in conflict with 5
        ("一般", "neg"),  # 5
        ("ＧＯＯＤ！", "pos"),  # 6 stands in test
        ("bad", "neg"),  # 7 stands in val
    ),
    "val": rows(("Bad", "neg"), ("新", "pos"), file="val.tsv"),
    "test": rows(("good!", "neg"), ("good!", "pos"), ("新", "neg"), file="test.tsv"),
}
