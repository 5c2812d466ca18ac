"""What to read from a file, and the form in which every format gives its rows."""

import difflib
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from weitiao.errors import DataError, shell_word
from weitiao.io.choices import layout as of_choices
from weitiao.io.dialogues import layout as of_dialogues
from weitiao.io.tables.cells import Cells
from weitiao.io.tables.options import FileFormat, ReadOptions

_LAYOUTS: dict[Cells, Callable[[Mapping[str, str], Sequence[str]], dict[str, str]]] = {
    "choice": of_choices.columns_of,
    "reply": of_dialogues.columns_of,
}
"""What finds columns by their usual names."""
BLOCK = 2 << 20
"""Characters (text) or bytes (Parquet, Arrow) that are parsed at a time."""
NUMBERED = "{--id} '' numbers the rows instead"
"""The way out where identifiers are missing, or none."""


@dataclass
class Notes:
    """What a person should know of how a source was read, though no row is bad.

    Args:
        facts: sentences without a full stop.
        counts: what happened → how often.
        totals: likewise, but added up over all sources: there may be one for each document.
    """

    facts: list[str] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    totals: Counter[str] = field(default_factory=Counter)

    def lines(self) -> Iterator[str]:
        """Each note on this source alone, as a line."""
        yield from self.facts
        yield from (f"{what}: {count:,}" for what, count in self.counts.items())


JUDGED = ("label", "score", "similarity", "relevance")
"""Columns that may say of a pair that it isn't right."""
UNREAD = (
    "the column {!r} isn't read: all pairs count as right. Keep those that are, or learn from"
    " numbers: {{--task}} likeness"
)


@dataclass(frozen=True)
class Source:
    """One source of rows and what is wanted of it.

    Args:
        name: what it is called in errors: the path of a file, or what else was named.
        files: the existing files that hold its rows, in order; but for a data set just one, for
            brat the text and, where there is one, its annotation.
        encoding: the codec of a text format.
        wanted: role (text, label, …) → name of its column.
        cells: what a label cell holds.
        parts: of options and conversations, what the file has of each role, once its columns are
            known.
    """

    name: str
    files: tuple[Path, ...]
    format: FileFormat
    encoding: str
    wanted: dict[str, str]
    options: ReadOptions
    cells: Cells = "name"
    notes: Notes = field(default_factory=Notes, compare=False)
    parts: dict[str, str] = field(default_factory=dict, compare=False)

    @property
    def columns(self) -> Mapping[str, str]:
        """Role, or part of one, → the column that is read, in the order of `positions`."""
        return self.parts or self.wanted

    def columns_in(self, names: Sequence[str]) -> Mapping[str, str]:
        """The same of a file with columns of these names."""
        layout = _LAYOUTS.get(self.cells)
        return layout(self.wanted, names) if layout else self.wanted

    def called(self, role: str) -> str:
        """What the column of a role is called in the file, as far as it is known."""
        if role == "label" and self.cells == "reply":  # it may be the last message of the text
            return self.columns.get("label") or self.columns["text"]
        return self.columns.get(role) or self.wanted[role]

    @property
    def path(self) -> Path:
        """The only file."""
        (path,) = self.files
        return path

    def positions(self, names: Sequence[str], possible: Sequence[str] = ()) -> list[int]:
        """Where among `names` the wanted columns are, in the order of `columns`.

        Args:
            possible: further names, of columns that a row may have though none is known to.

        Raises:
            DataError: one is missing or there twice.
        """
        every = [*names, *possible]
        if self.cells in _LAYOUTS:
            self.parts.clear()
            self.parts.update(self.columns_in(every))
        if self.cells == "positives":
            self.notes.facts += [
                UNREAD.format(n) for n in JUDGED if n in {*names}.difference(self.wanted.values())
            ]
        if self.cells == "reply":
            self.notes.facts += of_dialogues.unread(self.columns, names)
        for role, name in self.columns.items():
            if every.count(name) != 1:
                raise self._missing(role.partition(".")[0], name, names)
        return [every.index(name) for name in self.columns.values()]

    def _missing(self, role: str, name: str, names: Sequence[str]) -> DataError:
        if name in names:
            problem, hint = "there are several columns of this name", "rename all but one"
        else:
            shown = ", ".join(repr(n if len(n) <= 40 else n[:39] + "…") for n in names[:20])
            problem = f"there is no such column; the columns are {shown}"
            hint = "; ".join([*self.notes.facts, self._way_out(role, name, names)])
        return DataError(problem, file=self.name, column=name, hint=hint)

    def _way_out(self, role: str, name: str, names: Sequence[str]) -> str:
        """What mends a missing column."""
        if "".join(names[:1]).lstrip().startswith(("{", "[")):
            return "this looks like JSON: {--format} jsonl, or json"
        others = [n for n in names if n not in self.wanted.values()]
        near = difflib.get_close_matches(name, others, n=1)
        say = f"did you mean {near[0]!r}? Say " if near else ""
        hint = f"{say}{{--{role}}} {shell_word(near[0]) if near else 'NAME'}"
        if self.format in ("csv", "tsv") and len(names) == 1 and re.search(r"[^\w ]", names[0]):
            mark = "MARK" if self.options.separator == "auto" else "auto"
            hint = f"which mark separates the cells? {{--separator}} {mark}; or {hint}"
        if self.cells == "choice" and role == "pair":
            hint += (
                "; options are a list, or have a column each, A, B, C, … (docs/choice.md); those"
                " in the question's text have to be cut out of it"
            )
        if self.cells == "reply":
            hint += f"; {of_dialogues.way_out(names)}"
        hint += f"; or {NUMBERED}" if role == "id" else ""
        if self.options.header and self.format in ("csv", "tsv", "xlsx"):
            hint += "; if the first row is data, {--header} false"
        return hint


@dataclass(frozen=True)
class BadRow:
    """A row that can't be used.

    Args:
        row: where it starts, as in :class:`Chunk`.
        raw: the row as it stands in the file.
        undecodable: whether the fault is bytes that aren't text in the file's encoding.
    """

    row: int
    reason: str
    raw: str
    column: str | None = None
    value: object = None
    hint: str | None = None
    undecodable: bool = False

    def error(self, file: str) -> DataError:
        """The fault as an error."""
        return DataError(
            self.reason,
            file=file,
            row=self.row,
            column=self.column,
            value=self.value,
            hint=self.hint,
        )


@dataclass(frozen=True)
class Chunk:
    """Some successive rows of a file.

    Args:
        rows: where each starts: 1-based line (text formats), sheet row (XLSX) or record number
            (JSON, Parquet, Arrow).
        columns: the wanted columns in the order of `Source.columns`, a cell per row.
        raw: gives the row at a position as it stands in the file, for the quarantine.
        bad: rows that could not be taken apart; they are not among `rows`.
    """

    rows: list[int]
    columns: list[list[Any]]
    raw: Callable[[int], str]
    bad: list[BadRow]


def raw_of(records: Sequence[Any], write: Callable[[Any], str]) -> Callable[[int], str]:
    """The `raw` of a chunk: writes the record at a position as the file has it."""
    return lambda position: write(records[position])


@dataclass
class Records:
    """Rows of cells as they come from a file that holds a table, the header among them.

    Of JSON, a record's cells are the object and its text.
    """

    rows: list[int] = field(default_factory=list)
    cells: list[list[Any]] = field(default_factory=list)
    bad: list[BadRow] = field(default_factory=list)
