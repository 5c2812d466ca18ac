"""Formats of lines: CSV, TSV, JSON Lines and ``label text``, a block of lines at a time."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from weitiao.errors import DataError
from weitiao.io.csv_file import write_rows
from weitiao.io.tables.cells import Cells
from weitiao.io.tables.dialect import Dialect, LineEnd, dialect_of, line_end_of
from weitiao.io.tables.objects import rows_of
from weitiao.io.tables.source import BLOCK, BadRow, Chunk, Records, Source
from weitiao.io.tables.table import tabulate
from weitiao.io.tables.text_file import head_of, open_text, without_nuls

_LONGEST_CELL = 16 << 20  # characters: an unclosed quote swallows no more than this
_WHITE_SPACE = re.compile(r"\s")
_SPACE_QUOTE = re.compile(r' +"')
_INSTEAD: dict[Cells, str] = {
    "text": "aligned files: {--train} 'NAME.{en,zh}'",
    "reply": "plain text is learned by the verb pretrain: docs/chat.md#plain-text",
}
"""What to do with lines of texts that were meant to be learned."""
_UNFINISHED = "unexpected end of data"  # how the csv module calls a quote that isn't closed


def blocks(source: Source, end: LineEnd, skip: int = 0) -> Iterator[tuple[int, list[str]]]:
    """(number of the first line, lines with their ends) in blocks of about `BLOCK` characters.

    Args:
        end: what ends a line; a text may well hold the other one.
        skip: lines at the beginning to leave out.
    """
    first = 1
    with open_text(source, end, by_line=True) as file:
        while lines := file.readlines(BLOCK):
            count, left_out = len(lines), max(0, skip + 1 - first)
            whole = "".join(lines)  # asking all of them at once takes a tenth of the time
            if "\ufeff" in whole:  # it begins the file, and each of those that were joined to it
                lines = [line.removeprefix("\ufeff") for line in lines]
            if "\0" in whole:
                lines = [without_nuls(source, line) for line in lines]
            yield first + left_out, lines[left_out:]
            first += count


def _filled(source: Source, end: LineEnd, skip: int = 0) -> Iterator[tuple[list[int], list[str]]]:
    """The lines that aren't empty, without their ends, and their numbers, block by block."""
    for first, lines in blocks(source, end, skip):
        bare = [line.rstrip("\r\n") for line in lines]
        if all(bare):
            yield list(range(first, first + len(bare))), bare
        else:
            numbers = [number for number, line in enumerate(bare, first) if line]
            yield numbers, [line for line in bare if line]


def line_end(source: Source) -> LineEnd:
    """What ends the lines of a file that is no table."""
    return line_end_of(head_of(source), table=False)


def read_jsonl(source: Source) -> Iterator[Chunk]:
    """JSON Lines; rows are lines, or the questions that stand in them, counted from 1."""
    return rows_of(source, _objects(source))


def _objects(source: Source) -> Iterator[Records]:
    for numbers, lines in _filled(source, line_end(source)):
        records = Records()
        for number, line in zip(numbers, lines, strict=True):
            try:
                value = json.loads(line)
                reason = None if isinstance(value, dict) else "this is not a JSON object"
            except (ValueError, RecursionError) as error:
                reason = f"this is not JSON: {error}"
            if reason is None:
                records.rows.append(number)
                records.cells.append([value, line])
            else:
                hint = "JSON Lines hold one object per line; a list is read by {--format} json"
                records.bad.append(BadRow(number, reason, line, value=line, hint=hint))
        yield records


def read_lines(source: Source) -> Iterator[Chunk]:
    """Lines of ``label text``; without a wanted label each line is a text, a blank one, too.

    That one has the name that is wanted: a model may have learned from a table.

    Raises:
        DataError: a label is a whole text, and so no first word of a line.
    """
    labelled = "label" in source.wanted
    if labelled and source.cells in _INSTEAD:
        problem = "lines of text have nothing that is written from another text"
        raise DataError(problem, file=source.name, hint=_INSTEAD[source.cells])
    names = ["label", "text"] if labelled else [source.wanted.get("text", "text")]

    def batches() -> Iterator[Records]:
        if not labelled:
            for first, lines in blocks(source, line_end(source)):
                cells = [[line.rstrip("\r\n")] for line in lines]
                yield Records(list(range(first, first + len(lines))), cells)
            return
        for rows, lines in _filled(source, line_end(source)):
            # A line without white space stays one cell, and is set aside as too short.
            yield Records(rows, [_WHITE_SPACE.split(line, 1) for line in lines])

    return tabulate(source, batches(), " ".join, names)


def read_cells(source: Source) -> Iterator[Chunk]:
    """CSV after RFC 4180, whose quoted cells may hold separators, quotes and newlines; or TSV.

    TSV knows no quoting: a quotation mark is a character like any other.
    """
    csv.field_size_limit(max(csv.field_size_limit(), _LONGEST_CELL))
    dialect = dialect_of(source)
    if dialect.quoted:
        raw = partial(_as_csv, separator=dialect.separator)
        return tabulate(source, _csv_batches(source, dialect), raw)
    batches = (
        Records(rows, [line.split(dialect.separator) for line in lines])
        for rows, lines in _filled(source, dialect.line_end, dialect.skip)
    )
    return tabulate(source, batches, dialect.separator.join)


def _csv_batches(source: Source, dialect: Dialect) -> Iterator[Records]:
    rest: list[str] = []
    first = 1 + dialect.skip
    for _, block in blocks(source, dialect.line_end, dialect.skip):
        feed = _Feed(rest + block)
        yield _parse_csv(feed, first, dialect.separator, more=True)
        first += feed.at
        rest = feed.lines[feed.at :]
    yield _parse_csv(_Feed(rest), first, dialect.separator, more=False)


class _Feed:
    """Lines for the csv module, with a place that can be set back."""

    def __init__(self, lines: list[str]) -> None:
        self.lines, self.at = lines, 0

    def __iter__(self) -> _Feed:
        return self

    def __next__(self) -> str:
        try:
            line = self.lines[self.at]
        except IndexError:
            raise StopIteration from None
        self.at += 1
        return line


def _parse_csv(feed: _Feed, first: int, separator: str, *, more: bool) -> Records:
    """The records in `feed`, whose first line is number `first`.

    With `more` lines to come, an unfinished record at the end is left in `feed`. After a fault
    only the line where the record starts is set aside; reading continues with the next line, so
    that an unclosed quote doesn't take the following rows with it.
    """
    records = Records()
    next_record = _csv_reader(feed, separator, more=more)
    while True:
        start = feed.at
        try:
            cells = next_record()
        except StopIteration:
            return records
        except csv.Error as error:
            unfinished = str(error) == _UNFINISHED
            if unfinished and more:
                feed.at = start
                return records
            spans = feed.at > start + 1
            records.bad.append(
                _csv_fault(first + start, feed.lines[start], unfinished or spans, error)
            )
            feed.at = start + 1
            continue
        if cells:
            records.rows.append(first + start)
            records.cells.append(cells)


def _csv_reader(feed: _Feed, separator: str, *, more: bool) -> Callable[[], list[str]]:
    """Reads the next record; spaces between separator and quote are no part of a cell.

    A record in which a cell begins so is read again without that space, unless that gives none.
    """
    exact = csv.reader(feed, strict=True, delimiter=separator)
    spaced = csv.reader(feed, strict=True, delimiter=separator, skipinitialspace=True)

    def read() -> list[str]:
        start = feed.at
        cells = next(exact)
        if feed.at == start + 1 and ' "' not in feed.lines[start]:  # in most files
            return cells
        if not any(map(_SPACE_QUOTE.match, cells)):
            return cells
        end, feed.at = feed.at, start
        try:
            return next(spaced)
        except csv.Error as error:
            if more and str(error) == _UNFINISHED:
                raise
            feed.at = end
            return cells

    return read


def _csv_fault(row: int, line: str, unclosed: bool, error: csv.Error) -> BadRow:
    reason = "a quote opens here and is not closed" if unclosed else f"this is not CSV: {error}"
    hint = 'put quotes around a cell that holds commas, quotes or newlines, and write " in it as ""'
    raw = line.rstrip("\r\n")
    return BadRow(row, reason, raw, value=raw, hint=hint)


def _as_csv(cells: list[Any], separator: str) -> str:
    text = io.StringIO()
    write_rows(text, [cells], separator)
    return text.getvalue().removesuffix("\n")
