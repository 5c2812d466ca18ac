"""The formats by name; of them XLSX."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from weitiao.data.read import columnar, document, textual
from weitiao.data.read.source import Chunk, FileFormat, Records, Source, tabulate
from weitiao.errors import DataError, MissingExtra, WeitiaoError

_SHEET_ROWS = 1024  # a cell of a sheet holds 32,767 characters at most


def read_chunks(source: Source) -> Iterator[Chunk]:
    """The rows of a file, in order, in chunks that need little memory.

    Blank lines and blank sheet rows are not rows. Bytes that the encoding can't decode stand in
    the cells as lone surrogates (U+DC00 + byte).

    Raises:
        DataError: the file as a whole can't be read, or a wanted column is missing.
    """
    try:
        yield from _READERS[source.format](source)
    except WeitiaoError:
        raise
    except Exception as error:  # foreign readers raise whatever they like
        raise DataError(f"can't be read as {source.format}: {error}", file=source.name) from error


def _read_xlsx(source: Source) -> Iterator[Chunk]:
    """The first sheet of an Excel workbook. An empty cell is an empty text, as in CSV."""
    return tabulate(source, _sheet_batches(source.path), _as_json)


def _sheet_batches(path: Path) -> Iterator[Records]:
    try:
        import openpyxl
    except ImportError as error:
        raise MissingExtra("openpyxl", "xlsx", "reading XLSX") from error
    book = openpyxl.load_workbook(path, read_only=True, data_only=True)
    try:
        sheet = book.worksheets[0]
        sheet.reset_dimensions()  # what files say of their size is often wrong
        batch, width = Records(), 0
        for number, values in enumerate(sheet.iter_rows(values_only=True), 1):
            cells = ["" if value is None else value for value in values]
            while len(cells) > width and cells[-1] == "":
                del cells[-1]  # a formatted but empty cell beyond the table
            if any(cell != "" for cell in cells):
                width = width or len(cells)
                batch.rows.append(number)
                batch.cells.append(cells + [""] * (width - len(cells)))
            if len(batch.rows) >= _SHEET_ROWS:
                yield batch
                batch = Records()
        yield batch
    finally:
        book.close()


def _as_json(cells: list[Any]) -> str:
    return json.dumps(cells, ensure_ascii=False, default=str)


_READERS: dict[FileFormat, Callable[[Source], Iterator[Chunk]]] = {
    "csv": textual.read_csv,
    "tsv": textual.read_tsv,
    "jsonl": textual.read_jsonl,
    "lines": textual.read_lines,
    "json": document.read_json,
    "parquet": columnar.read_parquet,
    "arrow": columnar.read_arrow,
    "xlsx": _read_xlsx,
}
