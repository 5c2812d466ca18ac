"""What is wrong with a column, told by its name in the file."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from weitiao.data.audit import Swapped
from weitiao.errors import DataError
from weitiao.io.tables import Columns


@contextmanager
def columns_of_the_file(columns: Columns) -> Iterator[None]:
    """Let errors of steps that know a column by its role tell its name in the file."""
    try:
        yield
    except Swapped as error:
        hint = (
            f"are they swapped? --data.text {columns.label} --data.label {columns.text}; and where"
            " lines are TEXT<tab>LABEL: --data.format tsv --data.header false --data.text 0"
            " --data.label 1"
        )
        raise DataError(error.problem, file=error.file, column=columns.label, hint=hint) from error
    except DataError as error:
        place: dict[str, Any] = {"file": error.file, "row": error.row, "value": error.value}
        name = columns.wanted().get(error.column or "", error.column)
        raise DataError(error.problem, **place, column=name, hint=error.hint) from error
