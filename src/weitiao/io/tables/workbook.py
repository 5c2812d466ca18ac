"""Excel workbooks: which sheet is read, and its cells as text."""

from __future__ import annotations

import difflib
import json
import re
import zipfile
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from weitiao.errors import DataError, MissingExtra, shell_word
from weitiao.io.tables.cells import NoValue
from weitiao.io.tables.source import Chunk, Records, Source
from weitiao.io.tables.table import FIRST_ROWS, header_in, tabulate

_SHEET_ROWS = 1024  # a cell of a sheet holds 32,767 characters at most
_OLD = b"\xd0\xcf\x11\xe0"  # how files of Microsoft's compound format begin
_FORMULA = re.compile(rb"<(?:\w{1,16}:)?f[ />]")
_OVERLAP = 32  # bytes, more than the pattern takes
_COMPUTE = (
    "open the workbook in Excel or LibreOffice and save it, so that its formulas are computed"
)


def read_xlsx(source: Source) -> Iterator[Chunk]:
    """A sheet of a workbook. An empty cell is an empty text, as in CSV."""
    return tabulate(source, _batches(source), _as_json, sparse=True)


def _batches(source: Source) -> Iterator[Records]:
    with ExitStack() as stack:
        book = _open(source.path, stack, values=True)
        sheet = _chosen(source, book)
        formulas = None
        if _holds_formulas(source.path):
            stale = book.calculation is not None and bool(book.calculation.fullCalcOnLoad)
            written = _open(source.path, stack, values=False)
            formulas = _Formulas(_sized(written[sheet.title]), stale)
        batch = Records()
        for number, cells in enumerate(_rows(sheet, formulas), 1):
            if cells:
                batch.rows.append(number)
                batch.cells.append(cells)
            if len(batch.rows) >= _SHEET_ROWS:
                yield batch
                batch = Records()
        yield batch


def _open(path: Path, stack: ExitStack, *, values: bool) -> Any:
    """The workbook, with the values of its formulas or with the formulas themselves."""
    try:
        import openpyxl
    except ImportError as error:
        raise MissingExtra("openpyxl", "xlsx", "reading XLSX") from error
    file = stack.enter_context(path.open("rb"))  # of a path, openpyxl wants a certain suffix
    head = file.peek(len(_OLD))
    if not head.startswith(b"PK"):
        hint = "is it text? {--format} csv"
        if head.startswith(_OLD):
            hint = "it is from before 2007, or has a password: save it as .xlsx, without"
        raise DataError("this is no XLSX workbook", file=path, hint=hint)
    book = openpyxl.load_workbook(file, read_only=True, data_only=values)
    stack.callback(book.close)
    return book


def _sized(sheet: Any) -> Any:
    sheet.reset_dimensions()  # what files say of their size is often wrong
    return sheet


def _chosen(source: Source, book: Any) -> Any:
    """The sheet that is named; or the first that is visible and has the wanted columns, or rows.

    Raises:
        DataError: there is no such sheet, or none that is visible holds a row.
    """
    sheets = {sheet.title: _sized(sheet) for sheet in book.worksheets}
    if source.options.sheet != "auto":
        if source.options.sheet in sheets:
            return sheets[source.options.sheet]
        near = difflib.get_close_matches(source.options.sheet, sheets, n=1)
        hint = f"{{--sheet}} {shell_word(near[0] if near else next(iter(sheets)))}"
        names = ", ".join(map(repr, sheets))
        problem = f"there is no sheet {source.options.sheet!r}; the sheets are {names}"
        raise DataError(problem, file=source.name, hint=hint)
    first = {
        title: list(islice(filter(None, _rows(sheet, None)), FIRST_ROWS))
        for title, sheet in sheets.items()
    }
    filled = [title for title, rows in first.items() if rows]
    shown = [title for title in filled if sheets[title].sheet_state == "visible"]
    if not shown:
        hidden = f"hidden ones do: {{--sheet}} {shell_word(filled[0])}" if filled else None
        raise DataError("no visible sheet holds a row", file=source.name, hint=hidden)
    fitting = [t for t in shown if source.options.header and header_in(source, first[t])]
    chosen = (fitting or shown)[0]
    if others := [_described(sheets[title]) for title in filled if title != chosen]:
        left = f"left out: {', '.join(others)} ({{--sheet}} NAME)"
        source.notes.facts.append(f"the sheet {chosen!r} is read; {left}")
    return sheets[chosen]


def _described(sheet: Any) -> str:
    return repr(sheet.title) + ("" if sheet.sheet_state == "visible" else ", which is hidden")


def _rows(sheet: Any, formulas: _Formulas | None) -> Iterator[list[Any]]:
    """Each row up to its last filled cell.

    Args:
        formulas: those of the sheet; null = it holds none.
    """
    if formulas is None:
        rows = ([_value(cell) for cell in cells] for cells in sheet.iter_rows())
    else:
        both = zip(sheet.iter_rows(), formulas.sheet.iter_rows(), strict=True)
        rows = (
            [formulas.value(cell, formula) for cell, formula in zip(cells, written, strict=True)]
            for cells, written in both
        )
    for row in rows:
        while row and row[-1] == "":
            del row[-1]
        yield row


@dataclass(frozen=True)
class _Formulas:
    """What is written in the cells of a sheet.

    Args:
        sheet: with the formulas themselves.
        stale: whether the program that saved it left computing to the next one. Some of them, such
            as XlsxWriter, write 0 as the value of every formula.
    """

    sheet: Any
    stale: bool

    def value(self, cell: Any, written: Any) -> Any:
        """The value of a cell; a formula without one is recognised by what is written."""
        value = _value(cell)
        if written.data_type == "f" and (value == "" or (self.stale and value == 0)):
            if cell.data_type == "str":  # the value is the empty text
                return value
            text = getattr(written.value, "text", written.value)  # an array formula is an object
            return NoValue(f"a formula that was never computed, {text}", hint=_COMPUTE)
        return value


def _value(cell: Any) -> Any:
    if cell.data_type == "e":
        hint = "mend the formula, or empty the cell"
        return NoValue(f"the workbook has an error here, {cell.value}", hint=hint)
    return "" if cell.value is None else cell.value


def _holds_formulas(path: Path) -> bool:
    with zipfile.ZipFile(path) as archive:
        sheets = [name for name in archive.namelist() if name.startswith("xl/worksheets/")]
        for name in sheets:
            with archive.open(name) as file:
                tail = b""
                while chunk := file.read(1 << 20):
                    if _FORMULA.search(tail + chunk):
                        return True
                    tail = chunk[-_OVERLAP:]
    return False


def _as_json(cells: list[Any]) -> str:
    return json.dumps(cells, ensure_ascii=False, default=str)
