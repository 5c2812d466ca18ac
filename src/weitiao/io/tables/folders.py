"""A folder of pictures or sounds as a table: one of its folders for each class."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from weitiao.errors import DataError
from weitiao.io.tables.source import BadRow, Chunk, Source, raw_of

SUFFIXES = (".jpg", ".jpeg", ".png", ".webp", ".wav", ".flac", ".ogg", ".mp3")
"""Of pictures and sounds. Which of them an input opens is its own matter."""
COLUMNS = ("path", "label")
"""The columns of such a table."""
ROWS = 4096  # of a chunk


def holds_rows(folder: Path) -> bool:
    """Whether there is a picture or a sound in a folder, or in those below it."""
    return any(is_row(name) for _, _, names in os.walk(folder) for name in names)


def is_row(name: str) -> bool:
    """Whether a file is one, by its suffix; hidden files aren't."""
    return name.lower().endswith(SUFFIXES) and not name.startswith(".")


def read_folder(source: Source) -> Iterator[Chunk]:
    """The files of a folder that are rows, in the order of their names.

    ``path`` is relative to the folder; ``label``, where it is wanted, the folder right below it
    that a file lies in, however deep. Rows are numbered in this order.

    Raises:
        DataError: it is none.
    """
    folder = source.path
    if not folder.is_dir():
        raise DataError("this is no folder", file=source.name)
    labelled = "label" in source.wanted
    positions = source.positions(COLUMNS if labelled else COLUMNS[:1])
    found = _found(source, folder)
    if labelled and (deep := sum(path.count("/") > 1 for path in found)):
        source.notes.counts["files in folders below that of their class"] += deep
    for start in range(0, len(found), ROWS):
        rows, bad = [], []
        records: list[list[str]] = []
        for row, path in enumerate(found[start : start + ROWS], start + 1):
            label, below, _ = path.partition("/")
            if labelled and not below:
                hint = f"move it into one: {source.name}/CLASS/{path}"
                problem = "the file lies beside the folders of classes, in none of them"
                bad.append(BadRow(row, problem, path, value=path, hint=hint))
            else:
                rows.append(row)
                records.append([path, label])
        columns = [[record[position] for record in records] for position in positions]
        yield Chunk(rows, columns, raw_of(records, lambda record: record[0]), bad)


def _found(source: Source, folder: Path) -> list[str]:
    """Pictures and sounds, sorted, by ``/`` on every system; what else is there is counted."""
    found, others, links = [], 0, 0
    for place, folders, names in os.walk(folder):
        links += sum(os.path.islink(os.path.join(place, name)) for name in folders)
        for name in names:
            if is_row(name):
                found.append((Path(place) / name).relative_to(folder).as_posix())
            else:
                others += 1
    for what, count in (
        ("files that are no pictures or sounds, left out", others),
        ("links to folders, which aren't followed", links),
    ):
        if count:
            source.notes.counts[what] += count
    return sorted(found)
