"""Writes CSV that every reader gives back cell by cell."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from pathlib import Path
from typing import Any, TextIO

from weitiao.io.atomic import whole_or_not


class _LineFeeds:
    """Takes lines that end in CR LF, a call each, and writes them with LF alone."""

    def __init__(self, file: TextIO) -> None:
        self._file = file

    def write(self, line: str) -> int:
        return self._file.write(line.removesuffix("\r\n") + "\n")


def write_rows(file: TextIO, rows: Iterable[Iterable[Any]], separator: str = ",") -> None:
    r"""Write rows that end in a line feed; cells with a line feed or ``\r`` are quoted.

    Up to 3.11.8 and 3.12.2, Python's own quotes only what stands in the mark that ends its rows: a
    lone ``\r`` after ``lineterminator="\n"`` broke the row in two for every reader (gh-67044).

    Args:
        file: open for writing with ``newline=""``.
    """
    csv.writer(_LineFeeds(file), delimiter=separator, lineterminator="\r\n").writerows(rows)


def write_csv(path: Path, rows: Iterable[Iterable[Any]]) -> None:
    """Write rows, the header first, in UTF-8, beside ``path``, and rename the file to it.

    Raises:
        OSError: the disk is full; names ``path``.
    """
    with whole_or_not(path) as part, part.open("w", newline="", encoding="utf-8") as file:
        write_rows(file, rows)
