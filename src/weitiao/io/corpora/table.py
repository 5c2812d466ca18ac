"""Documents that are rows: read as rows with labels are, with the same faults."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from weitiao.io.tables import Reader, SourceFiles
from weitiao.io.tables.reader import BINARY
from weitiao.io.tables.rows import Reading
from weitiao.io.tables.source import FileFormat


def rows(path: Path, kind: FileFormat, column: str, encoding: str) -> Iterator[str]:
    """The texts of a file of rows, in order.

    Raises:
        DataError: the file, or a row, is at fault.
        ConfigError: the encoding is unknown.
    """
    columns = {"text": "text" if kind == "lines" else column}
    reader = Reader(columns, format=kind, encoding="auto" if kind in BINARY else encoding)
    source = reader.source(SourceFiles(str(path), (path,)))
    reading = Reading(source.wanted, [source.name], aside=None, label_sets=False)
    for batch in reading.batches(source):
        texts = batch.column("text").to_pylist()
        yield from filter(None, texts) if kind == "lines" else texts  # a blank line is none
