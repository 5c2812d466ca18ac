"""Documents that are rows: read as rows with labels are, with the same faults."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path

from weitiao.errors import retold
from weitiao.io.tables import Reader, SourceFiles
from weitiao.io.tables.reader import BINARY
from weitiao.io.tables.rows import Reading
from weitiao.io.tables.source import FileFormat

_OPTIONS = {
    "--data.train FILE": "--corpus.files FILE",
    "--data.format parquet, arrow or xlsx": "--corpus.format parquet or arrow",
    "--data.format": "--corpus.format",
    "--data.text": "--corpus.text",
    "--data.encoding": "--corpus.encoding",
}


def rows(path: Path, kind: FileFormat, column: str, encoding: str) -> Iterator[str]:
    """The texts of a file of rows, in order.

    Raises:
        DataError: the file, or a row, is at fault.
        ConfigError: the encoding is unknown.
    """
    columns = {"text": "text" if kind == "lines" else column}
    reader = Reader(columns, kind, "auto" if kind in BINARY else encoding)
    with options_of_corpus():
        source = reader.source(SourceFiles(str(path), (path,)))
        reading = Reading(source.wanted, [source.name], aside=None, label_sets=False)
        for batch in reading.batches(source):
            texts = batch.column("text").to_pylist()
            yield from filter(None, texts) if kind == "lines" else texts  # a blank line is none


def options_of_corpus() -> AbstractContextManager[None]:
    """Tell faults by the options of a corpus, where reading tells them by those of ``data``."""
    return retold(_renamed)


def _renamed(hint: str) -> str:
    """The advice under our names, without what a corpus has no option for."""
    for name, ours in _OPTIONS.items():
        hint = hint.replace(name, ours)
    return "; ".join(advice for advice in hint.split("; ") if "--data." not in advice)
