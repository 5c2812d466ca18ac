"""What is named as a source of rows, as files on this machine."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from weitiao.io.tables.files import Files
from weitiao.io.tables.source import FileFormat


@dataclass(frozen=True)
class SourceFiles:
    """One source of rows.

    Args:
        name: what it is called in errors, in the quarantine and in the column ``file``.
        files: the files that hold its rows, in order; but for a data set just one.
        format: their format, where it isn't for the user to say.
    """

    name: str
    files: tuple[Path, ...]
    format: FileFormat | None = None


Named = Files | list[SourceFiles]
"""What a person names, or the files that it was found to be."""
