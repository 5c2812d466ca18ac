"""Rows of a table of bad input: files, options, and what must be said of them."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass, field
from io import StringIO

from conftest import reviews

ROWS = reviews(60)


def as_csv(rows: Sequence[Sequence[str]], header: Sequence[str] = ("review", "stars")) -> bytes:
    text = StringIO()
    csv.writer(text, lineterminator="\n").writerows([header, *rows])
    return text.getvalue().encode()


GOOD_CSV = as_csv(ROWS)


@dataclass(frozen=True)
class Bad:
    """A row of the table: a name, ``my.csv`` and other files, options, and what must be said."""

    name: str
    said: Sequence[str]
    train: bytes | None = GOOD_CSV
    argv: Sequence[str] = ()
    files: dict[str, bytes] = field(default_factory=dict)
    missing: Sequence[str] = ()
