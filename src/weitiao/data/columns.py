"""What is wrong with a column, told by its name in the file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from weitiao.errors import DataError
from weitiao.targets import Swapped


@contextmanager
def columns_of_the_file(columns: Mapping[str, str]) -> Iterator[None]:
    """Let errors of steps that know a column by its role tell its name in the file."""
    try:
        yield
    except Swapped as error:
        role, text = next(iter(columns.items()))
        hint = (
            f"are they swapped? --data.input.{role} {columns['label']} --data.target.label {text};"
            " and where lines are TEXT<tab>LABEL: --data.format tsv --data.header false"
            f" --data.input.{role} 0 --data.target.label 1"
        )
        place: dict[str, Any] = {"file": error.file, "column": columns["label"]}
        raise DataError(error.problem, **place, hint=hint) from error
    except DataError as error:
        place = {"file": error.file, "row": error.row, "value": error.value}
        name = columns.get(error.column or "", error.column)
        raise DataError(error.problem, **place, column=name, hint=error.hint) from error
