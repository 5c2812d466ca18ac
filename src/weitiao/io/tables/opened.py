"""Files that cells name: what reading needs to know of who opens them."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple, Protocol

import pyarrow as pa

from weitiao.io.tables.source import BadRow, Chunk, Source


class Opened(NamedTuple):
    """What files hold.

    Args:
        arrays: further columns, by name.
        faults: by position of a cell, why its file can't be used, and the way out, if there is one.
    """

    arrays: dict[str, pa.Array]
    faults: dict[int, tuple[str, str | None]]


class Opener(Protocol):
    """Opens the files that cells of ``text`` name; a frozen dataclass of plain values."""

    @property
    def columns(self) -> Mapping[str, pa.DataType]:
        """What it adds to rows."""

    def open(self, folder: Path, cells: Sequence[str | None]) -> Opened:
        """Open the files of some rows.

        Args:
            folder: what their paths are relative to.
        """


def folder_of(source: str) -> Path:
    """What paths in a source are relative to: its folder, or itself where it is one; those of a
    command line, a query or a stream to where the program runs."""
    path = Path(source)
    if path.is_dir():
        return path
    return path.parent if path.is_file() else Path()


def open_files(
    opener: Opener,
    source: Source,
    chunk: Chunk,
    arrays: dict[str, pa.Array],
    faults: dict[int, BadRow],
) -> None:
    """Open the files of good rows; those that can't be used make theirs bad.

    Args:
        arrays: by role, of the rows of the chunk; gets the opener's columns.
        faults: by position, of bad rows; gets more of them.
    """
    cells = arrays["text"].to_pylist()
    good = [None if i in faults else cell for i, cell in enumerate(cells)]
    found, unusable = opener.open(folder_of(source.name), good)
    arrays |= found
    for i, (reason, hint) in unusable.items():
        row, raw, column = chunk.rows[i], chunk.raw(i), source.wanted["text"]
        faults[i] = BadRow(row, reason, raw, column=column, value=cells[i], hint=hint)
