"""Which files are no text at all, and what they are instead."""

from __future__ import annotations

from pathlib import Path

from weitiao.errors import DataError
from weitiao.io.tables.unpack import open_bytes, packed_as

_KINDS = {  # first bytes → the way out
    b"PAR1": "it is Parquet: {--format} parquet",
    b"ARROW1": "it is Arrow: {--format} arrow",
    b"\xd0\xcf\x11\xe0": "it is a workbook of Excel before 2007: save it as .xlsx",
    b"SQLite format 3": "it is a SQLite database, which is read by a query: see docs/data.md",
}
_CONTROLS = bytes({*range(0x20), 0x7F} - {*b"\t\n\v\f\r\x1b\x01"})  # \x01 separates cells in Hive
# NULs and other controls that a text may hold: this share of it, or if it is short so many
_RARE, _FEW, _OFTEN = 0.02, 2, 0.1


def is_binary(sample: bytes) -> bool:
    """Whether bytes are no text, or text of more than a byte for each ASCII character.

    A few NUL bytes stand in many a text that a program or a disk has damaged. Of UTF-16 each
    separator and line end has one, of packed and of compiled data every tenth byte is a control.
    """
    if b"\0" not in sample:
        return False
    controls = len(sample) - len(sample.translate(None, _CONTROLS))
    return controls > max(_RARE * len(sample), min(_FEW, _OFTEN * len(sample)))


def binary(path: Path) -> DataError:
    """The error that tells a binary file, and the way out."""
    with open_bytes(path) as file:
        head = file.peek(16)[:16]
    hint = next(
        (hint for first, hint in _KINDS.items() if head.startswith(first)),
        "give a text file, or name what it is: {--format} parquet or arrow",
    )
    if packed := packed_as(head):
        hint = f"it is packed: let its name end in {packed}"
    problem = "this is a binary file (it holds NUL bytes and is not UTF-16 or UTF-32)"
    return DataError(problem, file=path, hint=hint)
