"""Which columns of a file hold question, passage, options and answer, by their names."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from fnmatch import fnmatchcase

USUAL = {"text": "question", "pair": "options", "label": "answer", "passage": "passage"}
"""Role → what its column is called unless it is said; others are looked for then."""
_OTHERS: dict[str, tuple[tuple[str, ...], ...]] = {
    # ctx: HellaSwag; sent1 and sent2: SWAG; goal: PIQA; question_stem: OpenBookQA
    "text": (
        *(("query",), ("question_stem",), ("stem",), ("ctx",), ("sent1", "sent2"), ("goal",)),
        *(("sentence",), ("题目",), ("问题",)),
    ),
    "pair": (("choices",), ("endings",), ("choice",), ("candidates",), ("选项",), ("answers",)),
    "label": (
        *(("label",), ("answerkey",), ("answer_key",), ("correct_option",), ("correct_answer",)),
        *(("gold",), ("cop",), ("答案",)),
    ),
    "passage": (
        *(("article",), ("context",), ("dialogue",), ("dialog",), ("premise",), ("content",)),
        *(("文章",), ("材料",)),
    ),
}
"""Names in lower case, the likeliest first."""
_NUMBERED = re.compile(
    r"(?P<family>|ending|option|choice|answer|sol|op|选项)[_ ]?(?P<place>[a-z]|\d{1,2})"
)
"""A column that holds one option: ``A``, ``ending0``, ``option_1``, ``answerA``, ``opa``."""


def columns_of(wanted: Mapping[str, str], names: Sequence[str]) -> dict[str, str]:
    """What is read of a file: role → column, or ``ROLE.1``, ``ROLE.2``, … where it takes several.

    Args:
        wanted: role → name of its column, or a pattern of the names of several, such as ``opt*``;
            what has its usual name may be called otherwise. A passage of the usual name need not
            be there.
        names: of the file's columns.
    """
    found: dict[str, str] = {}
    for role, name in wanted.items():
        if name in names or role not in USUAL:
            columns = [name]
        elif name == USUAL[role]:
            columns = _others(role, names)
        else:
            columns = [each for each in names if fnmatchcase(each, name)]
        if not columns and (role, name) != ("passage", USUAL["passage"]):
            columns = [name]  # which is reported missing
        several = len(columns) > 1
        found |= {f"{role}.{i}" if several else role: each for i, each in enumerate(columns, 1)}
    return found


def _others(role: str, names: Sequence[str]) -> list[str]:
    """The columns that a role of the usual name has instead; none = there are no such."""
    known = {name.strip().casefold(): name for name in reversed(names)}
    for columns in ((USUAL[role],), *_OTHERS[role]):
        if all(column in known for column in columns):
            return [known[column] for column in columns]
    return _one_each(known) if role == "pair" else []


def _one_each(known: Mapping[str, str]) -> list[str]:
    """The columns of which each holds an option, from the first one on."""
    families: dict[str, dict[int, str]] = defaultdict(dict)
    for folded, name in known.items():
        if match := _NUMBERED.fullmatch(folded):
            place, family = match["place"], match["family"]
            if place.isdigit() and not family:
                continue  # a number is what a file without names calls its columns
            letters = "" if place.isdigit() else "a-z"
            families[family + letters][int(place) if place.isdigit() else ord(place) - 97] = name
    runs = ([*_in_a_row(columns)] for columns in families.values())
    return max(runs, key=len, default=[]) if families else []


def _in_a_row(columns: Mapping[int, str]) -> Iterable[str]:
    """The columns that follow each other from 0 or 1 on, two at least."""
    first = 0 if 0 in columns else 1
    found: list[str] = []
    while (place := first + len(found)) in columns:
        found.append(columns[place])
    return found if len(found) > 1 else []
