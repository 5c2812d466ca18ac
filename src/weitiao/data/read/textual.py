"""Formats of lines: CSV, TSV, JSON Lines and ``label text``, a block of lines at a time."""

from __future__ import annotations

import codecs
import csv
import io
import json
import re
from collections.abc import Iterator
from typing import Any

from weitiao.csv_file import csv_writer
from weitiao.data.read.source import BLOCK, BadRow, Chunk, Records, Source, objects, tabulate
from weitiao.data.read.unpack import open_bytes

_LONGEST_CELL = 16 << 20  # characters: an unclosed quote swallows no more than this
_WHITE_SPACE = re.compile(r"\s")


def _mark_undecodable(error: UnicodeError) -> tuple[str, int]:
    """The codec error handler "mark": like surrogateescape, but for every codec and byte.

    No codec takes a newline for part of a faulty character, so the lines stay whole.
    """
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return "".join(chr(0xDC00 + b) for b in error.object[error.start : error.end]), error.end


MARK = "weitiao.mark"
"""Error handler of codecs that leaves each undecodable byte as a lone surrogate (U+DC00 + byte)."""
codecs.register_error(MARK, _mark_undecodable)


def _blocks(source: Source) -> Iterator[tuple[int, list[str]]]:
    """(number of the first line, lines with their ends) in blocks of about `BLOCK` characters."""
    first = 1
    data = open_bytes(source.path, by_line=True)
    # Only "\n" ends a line: a text may well hold a lone carriage return.
    with io.TextIOWrapper(data, source.encoding, MARK, newline="\n") as file:
        while lines := file.readlines(BLOCK):
            if first == 1:
                lines[0] = lines[0].removeprefix("\ufeff")
            yield first, lines
            first += len(lines)


def _filled(source: Source) -> Iterator[tuple[list[int], list[str]]]:
    """The lines that aren't empty, without their ends, and their numbers, block by block."""
    for first, lines in _blocks(source):
        bare = [line.rstrip("\r\n") for line in lines]
        if all(bare):
            yield list(range(first, first + len(bare))), bare
        else:
            numbers = [number for number, line in enumerate(bare, first) if line]
            yield numbers, [line for line in bare if line]


def read_jsonl(source: Source) -> Iterator[Chunk]:
    """JSON Lines. The columns are those that any row of the first block has."""
    checked = False
    for numbers, lines in _filled(source):
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
                hint = "JSON Lines hold one object per line"
                records.bad.append(BadRow(number, reason, line, value=line, hint=hint))
        yield objects(source, records, check=not checked)
        checked = checked or bool(records.rows)


def read_tsv(source: Source) -> Iterator[Chunk]:
    """Tab-separated values without quoting: a quotation mark is a character like any other."""
    batches = (
        Records(rows, [line.split("\t") for line in lines]) for rows, lines in _filled(source)
    )
    return tabulate(source, batches, "\t".join)


def read_lines(source: Source) -> Iterator[Chunk]:
    """Lines of ``label text``; without a wanted label each line is a text, a blank one, too."""
    labelled = "label" in source.wanted
    names = ["label", "text"] if labelled else ["text"]

    def batches() -> Iterator[Records]:
        if not labelled:
            for first, lines in _blocks(source):
                cells = [[line.rstrip("\r\n")] for line in lines]
                yield Records(list(range(first, first + len(lines))), cells)
            return
        for rows, lines in _filled(source):
            # A line without white space stays one cell, and is set aside as too short.
            yield Records(rows, [_WHITE_SPACE.split(line, 1) for line in lines])

    return tabulate(source, batches(), " ".join, names)


def read_csv(source: Source) -> Iterator[Chunk]:
    """Comma-separated values after RFC 4180: quoted cells may hold commas, quotes and newlines."""
    csv.field_size_limit(max(csv.field_size_limit(), _LONGEST_CELL))
    return tabulate(source, _csv_batches(source), _as_csv)


def _csv_batches(source: Source) -> Iterator[Records]:
    rest: list[str] = []
    first = 1
    for _, block in _blocks(source):
        feed = _Feed(rest + block)
        yield _parse_csv(feed, first, more=True)
        first += feed.at
        rest = feed.lines[feed.at :]
    yield _parse_csv(_Feed(rest), first, more=False)


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


def _parse_csv(feed: _Feed, first: int, *, more: bool) -> Records:
    """The records in `feed`, whose first line is number `first`.

    With `more` lines to come, an unfinished record at the end is left in `feed`. After a fault
    only the line where the record starts is set aside; reading goes on with the next line, so
    that an unclosed quote doesn't take the following rows with it.
    """
    records = Records()
    reader = csv.reader(feed, strict=True)
    while True:
        start = feed.at
        try:
            cells = next(reader)
        except StopIteration:
            return records
        except csv.Error as error:
            unfinished = str(error) == "unexpected end of data"
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


def _csv_fault(row: int, line: str, unclosed: bool, error: csv.Error) -> BadRow:
    reason = "a quote opens here and is not closed" if unclosed else f"this is not CSV: {error}"
    hint = 'put quotes around a cell that holds commas, quotes or newlines, and write " in it as ""'
    raw = line.rstrip("\r\n")
    return BadRow(row, reason, raw, value=raw, hint=hint)


def _as_csv(cells: list[Any]) -> str:
    text = io.StringIO()
    csv_writer(text).writerow(cells)
    return text.getvalue().removesuffix("\n")
