"""The dialect of a CSV: separator, quotes, line ends."""

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Literal

from weitiao.io.tables.source import Source
from weitiao.io.tables.table import FIRST_ROWS, header_in
from weitiao.io.tables.text_file import head_of

LineEnd = Literal["\n", "\r"]
_SEPARATORS = (
    ",\t;|，；｜、\x01^~"  # "、" and the like where an input method was left on, \x01: Hive
)
_EXCEL = re.compile(r'"?sep=(.)"?\r*\n?$', re.IGNORECASE)  # a first line that Excel understands
# A table's first row up to its end. A cell that isn't quoted holds no line end, not even "\r".
_FIRST_END = re.compile(r'(?:[^"\r\n]++|"[^"]*+")*+(\r*\n|\r)')
_LONE = re.compile(r"\r(?![\r\n])")


@dataclass(frozen=True)
class Dialect:
    """How a file of cells is written.

    Args:
        quoted: whether cells may be in quotes, after RFC 4180.
        skip: lines before the table that are none of it.
    """

    separator: str
    quoted: bool
    line_end: LineEnd = "\n"
    skip: int = 0


def dialect_of(source: Source) -> Dialect:
    """The dialect of a CSV or TSV file.

    It is that of the format, with the separator that is named. Where none is named and the header
    doesn't give the wanted columns so, but does with another separator, that one is taken, with a
    note. Without a header, it must give as many cells in each of the first rows.
    """
    head = head_of(source)
    quoted = source.format == "csv"
    end = line_end_of(head, table=source.options.header or quoted)
    lines = head.split(end)
    excel = _EXCEL.match(lines[0])
    named = source.options.mark if source.options.separator != "auto" else excel and excel[1]
    usual = Dialect(named or ("," if quoted else "\t"), quoted, end, skip=1 if excel else 0)
    lines = lines[usual.skip :]
    if source.options.separator != "auto" or _fits(source, usual, lines):
        return usual
    others = [Dialect(mark, True, end, usual.skip) for mark in _SEPARATORS]
    found = next((other for other in others if _fits(source, other, lines)), None)
    headed = source.options.header  # the columns are known then
    if found is None and headed and _width(usual, lines) == 1:
        found = max(others, key=lambda other: _width(other, lines))
        found = found if _width(found, lines) > 1 else None
    if found is None:
        return usual
    mark = "a tab" if found.separator == "\t" else repr(found.separator)
    quotes = ", some in quotes" if not quoted else ""
    source.notes.facts.append(f"its first rows have cells separated by {mark}{quotes}")
    return found


def line_end_of(head: str, *, table: bool) -> LineEnd:
    r"""What ends the lines of a text: ``\n``, also after ``\r``, or on old Macs ``\r`` alone.

    Args:
        head: how the text begins.
        table: whether its first row is a header, or holds no ``\r`` for another reason.
    """
    feeds = head.count("\n")
    if table and (first := _FIRST_END.match(head)) and first[1] == "\r":
        feeds //= 4  # some of its cells may hold line feeds
    return "\r" if len(_LONE.findall(head)) > feeds and (table or not feeds) else "\n"


def _rows(dialect: Dialect, lines: list[str]) -> Iterator[list[str]]:
    """The first rows that aren't blank."""
    if not dialect.quoted:
        filled = (line.rstrip("\r") for line in lines)
        yield from islice((line.split(dialect.separator) for line in filled if line), FIRST_ROWS)
        return
    cells = csv.reader(
        (f"{line}\n" for line in lines), delimiter=dialect.separator, skipinitialspace=True
    )
    try:
        yield from islice(filter(None, cells), FIRST_ROWS)
    except csv.Error:  # told when the rows are read
        return


def _width(dialect: Dialect, lines: list[str]) -> int:
    return len(next(_rows(dialect, lines), []))


def _fits(source: Source, dialect: Dialect, lines: list[str]) -> bool:
    """Whether the first rows give the wanted columns."""
    rows = list(_rows(dialect, lines))
    if source.options.header:
        return header_in(source, rows) is not None
    widths = set(map(len, rows))
    usual = dialect.separator == ("," if source.format == "csv" else "\t")
    if len(widths) > 1 and not usual:
        return False
    names = [str(i) for i in range(len(rows[0]) if rows else 0)]
    return set(source.columns_in(names).values()) <= {*names}
