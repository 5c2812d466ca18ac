"""Which column of a CoNLL file holds what, and which of its lines are comments."""

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import islice, pairwise

from weitiao.errors import DataError
from weitiao.io.spans.schemes import TAG
from weitiao.io.tables.source import Source

BETWEEN = "-DOCSTART-"
"""How a line begins that stands between documents."""
OF_DOCUMENT = ("newdoc id", "newpar id")
"""Comments that hold until they come again."""
ID = re.compile(r"(\d+)([-.]\d+)?")
"""The number of a word; with a second one, of a token that is several words, or of none."""
KNOWN = re.compile(r"#\s?(text(_\w+)?|(sent|doc)?_?id|(newdoc|newpar)( id)?|global\.columns) ?=")
"""How comments begin that Universal Dependencies define."""
_GAP = re.compile(r"[ \t]+")
_SAMPLE = 10_000  # lines
_MOST = 0.9  # the least share of a column's cells that look like what it holds


@dataclass(frozen=True)
class Layout:
    """How the lines of a file are taken apart.

    Args:
        split: a line into cells.
        width: cells of a line.
        numbered: whether the first cell is the number of the token.
        token: column of the tokens.
        tag: column of the tags; null = none looks like one.
    """

    split: Callable[[str], list[str]]
    width: int
    numbered: bool
    token: int
    tag: int | None

    def is_comment(self, line: str) -> bool:
        """Whether a line is a comment; a token may be a hash mark, or begin with one."""
        if line[0] != "#":
            return False
        cells = self.split(line)
        if KNOWN.match(line) or self.numbered or len(cells) != self.width:
            return True
        return self.tag is not None and not TAG.fullmatch(cells[self.tag])


def layout_of(source: Source, lines: Sequence[str]) -> Layout | None:
    """The layout that the first lines show; null = they hold no token.

    Raises:
        DataError: a column that is named is not there, or none looks like tags.
    """
    filled = (line for line in lines if line.strip(" \t") and not line.startswith(BETWEEN))
    sample = [*islice((line for line in filled if line[0] != "#"), _SAMPLE)]
    if not sample:
        return None
    tabs = 2 * sum("\t" in line for line in sample) >= len(sample)
    split = _at_tabs if tabs else _at_gaps
    rows = [split(line) for line in sample]
    width = Counter(map(len, rows)).most_common(1)[0][0]
    rows = [row for row in rows if len(row) == width]
    numbered = _is_numbered(rows)
    named = _named(source, width)
    token = named.get("text", int(numbered))
    tag = named.get("label", _tags_of(rows, {token, 0 if numbered else token}))
    if tag is None and "label" in source.wanted:
        problem = "no column looks like tags, such as O and B-PER"
        hint = f"say which: {{--label}} NUMBER, from 0 to {width - 1}"
        raise DataError(problem, file=source.name, value=sample[0], hint=hint)
    if len(named) < len({"text", "label"} & source.wanted.keys()) and width > 1:
        tags = f", tags from column {tag}" if "label" in source.wanted else ""
        source.notes.facts.append(f"tokens are read from column {token}{tags} (counted from 0)")
    return Layout(split, width, numbered, token, tag)


def _named(source: Source, width: int) -> dict[str, int]:
    """Where the columns are that a person named, by role."""
    named = {
        role: name
        for role, name in source.wanted.items()
        if role in ("text", "label") and name != role  # others stand in comments
    }
    positions = replace(source, wanted=named).positions([*map(str, range(width))])
    return dict(zip(named, positions, strict=True))


def _is_numbered(rows: Sequence[Sequence[str]]) -> bool:
    """Whether the first cells count the tokens of each sentence, and others hold them."""
    found = [ID.fullmatch(row[0]) for row in rows]
    numbers = [int(each[1]) for each in found if each and not each[2]]
    others = len(rows[0]) - 1 - (len(rows[0]) == 2 and _like_tags([row[1] for row in rows]))
    if not others or not numbers or None in found:
        return False
    on = sum(number in (0, 1, before + 1) for before, number in pairwise([0, *numbers]))
    return on >= _MOST * len(numbers)


def _like_tags(cells: Sequence[str]) -> bool:
    return sum(TAG.fullmatch(cell) is not None for cell in cells) >= _MOST * len(cells)


def _tags_of(rows: Sequence[Sequence[str]], others: set[int]) -> int | None:
    """The last of the columns that look like tags, those with more than O before others."""
    columns = {i: [row[i] for row in rows] for i in range(len(rows[0])) if i not in others}
    alike = [(set(cells) != {"O"}, i) for i, cells in columns.items() if _like_tags(cells)]
    if alike:
        return max(alike)[1]
    # types without prefixes
    return next((i for i, cells in columns.items() if len(columns) == 1 and "O" in cells), None)


def _at_tabs(line: str) -> list[str]:
    cells = line.rstrip("\t ").split("\t")
    return [cell.strip(" ") or cell for cell in cells] if " " in line else cells


def _at_gaps(line: str) -> list[str]:
    return _GAP.split(line.strip(" \t"))
