"""Aligned text files, in which OPUS and WMT give translations: line by line, a file a language.

The form is that of Moses (Koehn et al. 2007).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path

from weitiao.errors import DataError, shell_word
from weitiao.io.tables.cells import shown
from weitiao.io.tables.encoding import ANOTHER, garbled, resolve
from weitiao.io.tables.files import parts_of_name
from weitiao.io.tables.formats import SUFFIXES
from weitiao.io.tables.languages import columns_of_languages
from weitiao.io.tables.source import BadRow, Chunk, Source, raw_of
from weitiao.io.tables.textual import blocks
from weitiao.io.tables.unpack import bare_name

_LINES = 1 << 14  # that are taken at a time
_NAMES = ("id", "group")
_HALF = "lines of which one side is empty, left out"


def read_aligned(source: Source) -> Iterator[Chunk]:
    """A row for each line, counted from 1; the columns are the parts in the braces of the name.

    Lines end in ``\\n`` or ``\\r\\n`` alone: what else Unicode takes for a line end stands in the
    texts of many corpora, on one side only. Where several sides are read, a line that is empty on
    one of them is no row, as its file can't leave it out.

    Raises:
        DataError: the files have different numbers of lines, or are tables; a column is missing.
    """
    sides = _sides(source)
    names = list(sides)
    read_as = {name: name for name in names}
    read_as |= columns_of_languages(source.wanted, names, names[0])
    source.positions([*read_as])
    wanted = {role: names.index(read_as[name]) for role, name in source.columns.items()}
    texts = {place for role, place in wanted.items() if role not in _NAMES}
    streams = [_lines(side) for side in sides.values()]
    first = 1
    while parts := _parts(source, sides, streams, first):
        bad = _bad_rows(sides, parts, {*wanted.values()}, first)
        faulty = {each.row for each in bad}
        rows = [row for row in range(first, first + len(parts[0])) if row not in faulty]
        kept = [row for row in rows if all(parts[n][row - first].strip() for n in texts)]
        if len(texts) > 1 and len(kept) < len(rows):  # one alone is answered though it is empty
            source.notes.counts[_HALF] += len(rows) - len(kept)
            rows = kept
        columns = [[parts[n][row - first] for row in rows] for n in wanted.values()]
        yield Chunk(rows, columns, raw_of([*zip(*columns, strict=True)], "\t".join), bad)
        first += len(parts[0])


def _bad_rows(
    sides: dict[str, Source], parts: Sequence[Sequence[str]], read: set[int], first: int
) -> list[BadRow]:
    """The rows of which a side that is read isn't text in the encoding of its file."""
    found: dict[int, BadRow] = {}
    for n, (name, side) in enumerate(sides.items()):
        lines = parts[n]
        reasons = garbled(lines, range(len(lines)), side.encoding) if n in read else {}
        for i, reason in reasons.items():
            value = shown(lines[i])
            found[i] = BadRow(first + i, reason, value, name, value, ANOTHER, undecodable=True)
    return [found[i] for i in sorted(found)]


def _sides(source: Source) -> dict[str, Source]:
    """The files of a name, by its parts in braces."""
    found = parts_of_name(source.name)
    if found is None:
        hint = "{--train} 'NAME.{en,zh}'; a text a line: {--format} lines"
        raise DataError("aligned files are named together", file=source.name, hint=hint)
    _, names, _ = found
    for path in source.files:
        if Path(bare_name(path)).suffix.lower() in SUFFIXES:
            several = shell_word(f"[{', '.join(map(str, source.files))}]")
            raise DataError(
                "braces name text files whose lines belong together, and these are tables",
                file=source.name,
                hint=f"a list has the rows of all: {{--train}} {several}",
            )
    sides = {}
    for name, path in zip(names, source.files, strict=True):
        encoding = resolve(path, source.options.encoding)
        if source.options.encoding == "auto" and not encoding.startswith("utf-8"):
            source.notes.facts.append(f"{path} isn't in UTF-8, and is read as {encoding}")
        sides[name] = replace(source, files=(path,), encoding=encoding)
    return sides


def _lines(side: Source) -> Iterator[str]:
    for _, block in blocks(side, "\n"):
        yield from (line.removesuffix("\n").removesuffix("\r") for line in block)


def _parts(
    source: Source, sides: dict[str, Source], streams: Sequence[Iterator[str]], first: int
) -> list[list[str]] | None:
    """The next lines of each side; null = all have ended.

    Raises:
        DataError: not all at once.
    """
    parts = [list(islice(stream, _LINES)) for stream in streams]
    counts = [*map(len, parts)]
    if len({*counts}) > 1:
        rest = (sum(1 for _ in stream) for stream in streams)
        whole = [first - 1 + count + more for count, more in zip(counts, rest, strict=True)]
        has = ", ".join(
            f"{side.path} has {count:,}" for side, count in zip(sides.values(), whole, strict=True)
        )
        raise DataError(
            f"the files have different numbers of lines, so that they can't be aligned: {has}",
            file=source.name,
            hint="are they of one version of the corpus, and whole?",
        )
    return parts if counts[0] else None
