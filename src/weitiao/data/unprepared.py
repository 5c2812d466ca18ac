"""Rows that are new to the checkpoint of a DataModule, read all at once."""

import json
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa

from weitiao.data.new_rows import table_of_cells
from weitiao.data.prepare import Preparation
from weitiao.io.tables import Named
from weitiao.io.tables.named_files import with_files


def read_new_rows(
    preparation: Preparation, files: Named, *, labelled: bool, notes: list[str] | None = None
) -> tuple[pa.Table, list[dict[str, Any]]]:
    """The readable rows of files, and those that were set aside: file, row, column, reason, raw.

    Args:
        labelled: whether the rows have labels. Of those no bad one is set aside: a score is that
            of all rows.

    Raises:
        DataError: a file or a row is at fault.
    """
    reader = preparation.read.without("group")  # which only shapes splits
    if labelled:
        reader = replace(reader, on_bad_row="raise")
    else:  # where a target makes a role itself, rows to predict bring it along
        reader = reader.without_labels()
        reader = replace(reader, columns=preparation.input.columns | {**reader.columns})
    with tempfile.TemporaryDirectory(prefix="weitiao-") as folder:
        aside = Path(folder) / "bad.jsonl"
        table = reader.read(files, Path(folder) / "rows.arrow", aside, notes)
        lines = aside.read_text("utf-8").split("\n") if aside.exists() else []
        rows = _treated(preparation, table)
        if labelled:
            rows, told = preparation.target.completed(rows)
            if notes is not None:
                notes += told
        return rows, [json.loads(line) for line in lines if line]


def rows_of_cells(preparation: Preparation, cells: Mapping[str, list[str]]) -> pa.Table:
    """The readable rows of cells, cleaned; see `table_of_cells`."""
    return _treated(preparation, with_files(preparation.read, table_of_cells(cells)))


def _treated(preparation: Preparation, table: pa.Table) -> pa.Table:
    return pa.concat_tables(preparation.treated(table, {}, may_drop=False))
