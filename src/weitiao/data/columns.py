"""What is wrong with a column, told by its name in the file."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from weitiao.errors import DataError
from weitiao.targets import Swapped


@contextmanager
def columns_of_the_file(columns: Mapping[str, str]) -> Iterator[None]:
    """Let errors of steps that know a column by its role tell its name in the file."""
    try:
        yield
    except Swapped as error:
        (role, text), label = next(iter(columns.items())), columns["label"]
        error.column = label
        error.hint = (
            f"are they swapped? {{--{role}}} {label} {{--label}} {text}; and where lines are"
            f" TEXT<tab>LABEL: {{--format}} tsv {{--header}} false {{--{role}}} 0 {{--label}} 1"
        )
        raise
    except DataError as error:
        error.column = columns.get(error.column or "", error.column)
        raise
