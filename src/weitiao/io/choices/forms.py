"""Options and answers as data sets write them in cells, and what is wrong with them."""

import ast
import json
import re
from collections.abc import Mapping, Sequence
from string import ascii_uppercase
from typing import Any, NamedTuple
from unicodedata import normalize

from weitiao.io.spans.span import SpanFault, short

LETTERS = ascii_uppercase
"""What options are called, in their order."""
FORMS = 'write ["…", "…"], or a column for each; docs/choice.md lists the forms'
_IN_TEXT = re.compile(r"(?<![A-Za-z0-9])([A-Da-d])[.．、)）:：]")
_AROUND = " \t\r\n.．、()（）:："
_TEXTS, _NAMES = ("text", "content", "value"), ("label", "key", "id")


class Options(NamedTuple):
    """The options of a row.

    Args:
        texts: of them.
        names: what the file calls each; none = it doesn't say.
    """

    texts: list[str]
    names: list[str]


def options_in(cell: Any) -> Options:
    """The options of a cell: a list of texts, of objects with a text and a name, or an object.

    Args:
        cell: Python values, or their JSON; Python's own way to write lists is read as well.

    Raises:
        SpanFault: it is none of these, or an option is no text.
    """
    if isinstance(cell, str):
        cell = _parsed(cell)
    if isinstance(cell, Mapping):
        texts = next((cell[k] for k in (*_TEXTS, "texts") if isinstance(cell.get(k), list)), None)
        if texts is not None:  # {"text": […], "label": […]}, as Hugging Face has them
            names: list[Any] = next((cell[k] for k in _NAMES if isinstance(cell.get(k), list)), [])
            return Options([*map(_text, texts)], [*map(_text, names)])
        return Options([*map(_text, cell.values())], [*map(str, cell)])
    if not isinstance(cell, Sequence):
        problem = "the options are missing" if cell is None else f"{short(cell)} is no list"
        raise SpanFault(problem, "pair", FORMS)
    if cell and all(isinstance(each, Mapping) for each in cell):
        pairs = [(_key(each, _TEXTS), _key(each, _NAMES)) for each in cell]
        called = [_text(name) for _, name in pairs if name is not None]
        return Options([_text(text) for text, _ in pairs], called)
    return Options([*map(_text, cell)], [])


def _key(each: Mapping[str, Any], keys: Sequence[str]) -> Any:
    return next((each[key] for key in keys if key in each), None)


def _parsed(cell: str) -> Any:
    stripped = cell.strip()
    if not stripped:
        return None
    if stripped[0] in "[{":
        for read in (json.loads, ast.literal_eval):  # the latter reads literals and runs nothing
            try:
                return read(stripped)
            except (ValueError, SyntaxError, MemoryError, RecursionError):
                continue
    raise SpanFault(f"{short(cell)} is no list of options", "pair", FORMS)


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, int | float) and not isinstance(value, bool) and value == value:
        return _number(value)
    raise SpanFault(f"an option is {short(value)}, which is no text", "pair", FORMS)


def check_options(texts: Sequence[str], question: str) -> None:
    """Refuse a row of which nothing can be chosen.

    Raises:
        SpanFault: there are fewer than two options or too many, one is empty, or they stand in the
            question's text.
    """
    bare = [each.strip(_AROUND).upper() for each in texts]
    named = len(texts) < 2 or bare == [*LETTERS[: len(texts)]]
    if named and len({*map(str.upper, _IN_TEXT.findall(question))}) > 1:
        problem = "the options seem to stand in the question's text, behind A., B., …"
        raise SpanFault(problem, "text", f"cut them out of it; {FORMS}")
    if len(texts) < 2:
        problem = f"a row needs two options to choose from, and has {len(texts)}"
        raise SpanFault(problem, "pair", FORMS)
    if len(texts) > len(LETTERS):
        problem = f"{len(texts)} options are more than the {len(LETTERS)} that A to Z can name"
        raise SpanFault(problem, "pair")
    if (place := next((i for i, each in enumerate(texts) if not each.strip()), None)) is not None:
        raise SpanFault(f"option {LETTERS[place]} is empty", "pair")


def bare_answer(cell: Any) -> str:
    """An answer as text, in the usual width, without marks around it; "" where it is missing."""
    if isinstance(cell, list) and len(cell) == 1:
        (cell,) = cell
    if isinstance(cell, str) and cell.strip().startswith("["):
        listed = _parsed(cell)
        if isinstance(listed, list) and len(listed) == 1:
            return bare_answer(listed[0])
    if cell is None or (isinstance(cell, bool | float) and cell != cell):
        return ""
    if isinstance(cell, list | dict | bool):
        raise SpanFault(f"{short(cell)} is not one answer")
    text = cell if isinstance(cell, str) else _number(cell)
    return normalize("NFKC", text).strip()


def _number(value: Any) -> str:
    whole = isinstance(value, float) and value.is_integer()
    return str(int(value)) if whole else str(value)


def letter_of(answer: str) -> int | None:
    """The place that a letter names, from 0; null = it is none."""
    bare = answer.strip(_AROUND).upper()
    return LETTERS.index(bare) if len(bare) == 1 and bare in LETTERS else None


def number_of(answer: str) -> int | None:
    """The whole number that an answer is; null = it is none."""
    return int(answer) if re.fullmatch(r"\d{1,3}", answer) else None


def own_text(answer: str, texts: Sequence[str]) -> int | None:
    """The place of the option whose text an answer is; null = it is that of none."""
    same = [i for i, text in enumerate(texts) if normalize("NFKC", text).strip() == answer]
    return same[0] if same else None
