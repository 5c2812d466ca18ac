"""Files of words: user dictionaries and stop words."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from weitiao.errors import DataError


def read_user_dict(file: str) -> list[tuple[str, int | None, str | None]]:
    """Words with their frequency and part-of-speech tag, either of which may be missing.

    Raises:
        DataError: a line is no entry, or not UTF-8.
    """
    entries: list[tuple[str, int | None, str | None]] = []
    for row, line in read_lines(file):
        # jieba itself would take "word -3" or "a word" as a word with a space in it.
        match = re.fullmatch(r"(\S+)(?:\s+([1-9][0-9]*))?(?:\s+([a-zA-Z][a-zA-Z0-9_]*))?", line)
        if match is None:
            raise DataError(
                "not a dictionary entry",
                file=file,
                row=row,
                value=line,
                hint="write `word [frequency ≥ 1] [tag]`",
            )
        word, frequency, tag = match.groups()
        entries.append((word, int(frequency) if frequency else None, tag))
    return entries


def read_stop_words(file: str) -> frozenset[str]:
    """The words, a line each.

    Raises:
        DataError: a line has several words, or is not UTF-8.
    """
    words = set()
    for row, line in read_lines(file):
        if len(line.split()) > 1:
            raise DataError(
                "a stop word has no white space in it",
                file=file,
                row=row,
                value=line,
                hint="write one word a line",
            )
        words.add(line)
    return frozenset(words)


def read_lines(file: str) -> Iterator[tuple[int, str]]:
    """The lines that aren't blank, stripped, with their 1-based numbers."""
    for row, raw in enumerate(Path(file).read_bytes().splitlines(), start=1):
        try:
            line = raw.decode("utf-8-sig" if row == 1 else "utf-8").strip()
        except UnicodeDecodeError:
            raise DataError("not UTF-8", file=file, row=row, value=raw) from None
        if line:
            yield row, line
