"""The base of targets: a column of the file, and what becomes of its cells."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from weitiao.card import TargetCard
from weitiao.errors import DataError
from weitiao.io.arrow import Ragged
from weitiao.io.tables.cells import Cells
from weitiao.io.tables.spelling import is_placeholder


class Target(ABC):
    """What a model is to predict of a row. A frozen dataclass of options, with defaults to inherit.

    Tables hold readable rows: their cells stand in the column ``label``, their place in ``file``
    and ``row``. All methods but `canonical` see canonical cells.
    """

    # no strings: jsonargparse looks up inherited annotations in the subclass's module, and where a
    # name is missing there, it drops the types of all options
    label: str | None
    """The column of the file; null = there is none."""
    cells: Cells = "name"
    """What a cell holds, and so how it is read."""
    one_class: bool = False
    """Whether a row has one class of several, so that each class can be drawn equally often."""
    several: bool = False
    """Whether a text may have several right targets, so that its rows stay in one split."""
    conflict: str = "did several people judge each text? {--drop_conflicts} false keeps such rows"
    """How most texts of train may come to stand in several rows with other labels."""

    def canonical(self, table: pa.Table) -> pa.Table:
        """The table with one spelling for each target, so that equal ones are equal cells.

        Raises:
            DataError: a cell is no target; names file, row, column and value.
        """
        return table  # the reader has tidied each cell

    def check(self, tables: Mapping[str, pa.Table], before: pa.Table) -> None:
        """Refuse targets that no model can learn or be measured on.

        Args:
            tables: the given splits, train after its audit.
            before: train before its audit.

        Raises:
            DataError: a row has none, or train has nothing to tell apart, or lacks a label.
        """
        refuse_missing(tables)
        refuse_alike(tables["train"])

    def made(self) -> Sequence[str]:
        """Roles of an input that no column of the file has: `completed` makes them."""
        return ()

    def completed(self, table: pa.Table) -> tuple[pa.Table, list[str]]:
        """The rows of a split once they are chosen, with what the target itself makes of them;
        and warnings of what that leaves out.

        Raises:
            DataError: nothing is left.
        """
        return table, []

    @abstractmethod
    def fit(self, tables: Mapping[str, pa.Table]) -> TargetCard:
        """What a model must know of the targets.

        Args:
            tables: the final splits.

        Raises:
            ConfigError: options don't fit the data.
        """

    def strata(self, table: pa.Table) -> np.ndarray | None:
        """Numbers of the groups that splits hold in proportion, ``(N,)``; null = those of the
        cells."""
        return None

    @abstractmethod
    def described(self, table: pa.Table) -> dict[str, Any]:
        """``classes``: rows per label, the most frequent first; for numbers ``targets``; what else
        they ``counted``, if not rows, and what to report on them as ``warnings``."""

    def doubts(self, counts: Mapping[str, int]) -> Iterator[str]:
        """Warnings of labels that look like slips, each with its way out.

        Args:
            counts: rows of each label, all splits together.
        """
        yield from ()


ASIDE = "{--placeholders} bad {--on_bad_row} quarantine sets such rows aside"
"""The way out where a cell stands for a missing value."""


class Swapped(DataError):
    """Texts and labels of train look as if they stood in each other's place."""


@contextmanager
def columns_of_the_file(columns: Mapping[str, str]) -> Iterator[None]:
    """Let errors of steps that know a column by its role tell its name in the file."""
    try:
        yield
    except Swapped as error:
        (role, text), label = next(iter(columns.items())), columns["label"]
        error.column = label
        error.hint = (f"{error.hint}; " if error.hint else "") + (
            f"are they swapped? {{--{role}}} {label} {{--label}} {text}; and where lines are"
            f" TEXT<tab>LABEL: {{--format}} tsv {{--header}} false {{--{role}}} 0 {{--label}} 1"
        )
        raise
    except DataError as error:
        error.column = columns.get(error.column or "", error.column)
        raise


def target_array(column: pa.ChunkedArray) -> Any:
    """Encoded targets, one chunk without copying: an array, ``(N,)`` or ``(N, C)``, `Ragged` lists,
    or the column of texts that they are."""
    if pa.types.is_large_string(column.type):
        return column
    if pa.types.is_large_list(column.type):
        return Ragged(column)
    array = column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()
    if pa.types.is_fixed_size_list(column.type):
        return array.flatten().to_numpy().reshape(len(column), column.type.list_size)
    return array.to_numpy()


def respelled(table: pa.Table, spell: Callable[[str], str], problem: str, hint: str) -> pa.Table:
    """The table with its label cells spelled anew, if it has any.

    Args:
        table: readable rows.
        spell: a cell in its one spelling; raises a ValueError of what is wrong with it.
        problem: what such a cell is not; may be empty.
        hint: the way out, unless the cell stands for a missing value.

    Raises:
        DataError: a cell is wrong.
    """
    if "label" not in table.column_names:
        return table
    cells = []
    for place, cell in enumerate(table["label"].to_pylist()):
        try:
            cells.append(spell(cell))
        except ValueError as error:
            hint = ASIDE if is_placeholder(cell) else hint
            raise fault(f"{problem}{error}", table, place, hint) from error
    return table.set_column(table.column_names.index("label"), "label", pa.array(cells))


def refuse_missing(tables: Mapping[str, pa.Table]) -> None:
    """Stop at a row without a target.

    Raises:
        DataError: it is one of these.
    """
    for table in tables.values():
        if "label" in table.column_names and table["label"].null_count:
            raise fault("no label", table, pc.index(pc.is_null(table["label"]), True).as_py())


def refuse_alike(train: pa.Table) -> None:
    """Stop where there is nothing to tell apart.

    Raises:
        DataError: all rows have the same label.
    """
    if "label" in train.column_names and len(labels := pc.unique(train["label"])) == 1:
        raise DataError(
            "all rows of train have the same label, there is nothing to learn",
            file=train["file"][0].as_py(),
            column="label",
            value=labels[0].as_py(),
        )


def fault(
    problem: str, table: pa.Table, place: int, hint: str | None = None, value: object = None
) -> DataError:
    """What is wrong with a row's target, with its place in the file.

    Args:
        problem: what is wrong.
        place: its place in the table.
        value: what is at fault; null = the whole cell.
    """
    row = table.slice(place, 1).to_pylist()[0]
    shown = row["label"] if value is None else value
    place_of = {"file": row["file"], "row": row["row"], "column": "label"}
    return DataError(problem, **place_of, value=shown, hint=hint)
