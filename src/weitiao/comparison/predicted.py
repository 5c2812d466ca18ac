"""Test predictions of finished runs: which were right, and all of them in one file."""

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from weitiao.io.csv_file import write_csv

KEYS = ("id", "text", "pair", "true")
"""Columns that make two rows the same."""


@dataclass(frozen=True)
class Rows:
    """The tested rows of a run."""

    header: list[str]
    cells: list[list[str]]

    @property
    def keys(self) -> list[tuple[str, ...]]:
        """What each row is, whatever was predicted."""
        places = [self.header.index(name) for name in KEYS if name in self.header]
        return [tuple(row[place] for place in places) for row in self.cells]

    @property
    def right(self) -> list[bool] | None:
        """Whether each was predicted as it is labelled; null = numbers are never quite right."""
        if not any(name.startswith("p(") for name in self.header):
            return None
        label, true = self.header.index("label"), self.header.index("true")
        return [row[label] == row[true] for row in self.cells]


def read_rows(path: Path) -> Rows:
    """The rows of a run's ``predictions.csv``."""
    csv.field_size_limit(2**31 - 1)  # a text may be longer than a book
    with path.open(newline="", encoding="utf-8") as file:
        header, *cells = csv.reader(file)
    return Rows(header, cells)


def write_out_of_fold(path: Path, folds: Sequence[Rows]) -> None:
    """Write ``id, text, label, predicted, probabilities, fold``: each row where it was tested."""
    names = {"label": "predicted", "true": "label"}
    order = ("id", "text", "pair", "true", "label")
    header = folds[0].header
    first = [name for name in order if name in header]
    columns = [*first, *(name for name in header if name not in order)]
    places = [header.index(name) for name in columns]

    def lines() -> Iterator[list[str]]:
        yield [*(names.get(name, name) for name in columns), "fold"]
        for number, fold in enumerate(folds, 1):
            for row in fold.cells:
                yield [*(row[place] for place in places), str(number)]

    write_csv(path, lines())
