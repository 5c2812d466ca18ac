"""Files of words or characters that may stand for each other."""

from collections.abc import Iterator

from weitiao.errors import DataError
from weitiao.inputs.text.segment import Segmenter
from weitiao.inputs.text.segment.word_files import read_lines


def read_groups(file: str, segmenter: Segmenter) -> list[list[str]]:
    """Groups of words that may replace each other: a line each, parted by white space.

    Raises:
        DataError: a group of one, a word in two groups, or one that the segmenter cuts.
    """
    groups, seen = [], dict[str, int]()
    for row, line in _lines(file):
        group = line.split()
        if len(group) < 2:
            raise DataError("a group has two words or more", file=file, row=row, value=line)
        for word in group:
            if word in seen:
                raise DataError(
                    f"this word stands in row {seen[word]} too", file=file, row=row, value=word
                )
            if segmenter.segment([word]) != [[word]]:
                raise DataError(
                    f"the segmenter {segmenter.method} cuts this word, so no text has it",
                    file=file,
                    row=row,
                    value=word,
                    hint="name it in the file of {--segment.user_dict}",
                )
            seen[word] = row
        groups.append(group)
    if not groups:
        raise DataError("no groups of words", file=file)
    return groups


def read_lookalikes(file: str) -> dict[str, list[str]]:
    """Characters and those that look like them, either way: a line each, `己 已巳`.

    Raises:
        DataError: a line is of another form.
    """
    table: dict[str, list[str]] = {}
    for row, line in _lines(file):
        first, *rest = line.split()
        if len(first) != 1 or len(rest) != 1 or first in rest[0]:
            raise DataError(
                "a character, a space and others that look like it should stand here",
                file=file,
                row=row,
                value=line,
            )
        for other in rest[0]:
            for one, two in ((first, other), (other, first)):
                if two not in table.setdefault(one, []):
                    table[one].append(two)
    if not table:
        raise DataError("no look-alikes", file=file)
    return table


def _lines(file: str) -> Iterator[tuple[int, str]]:
    """The lines that aren't blank or comments (`# …`), with their numbers."""
    return ((row, line) for row, line in read_lines(file) if not line.startswith("# "))
