"""Names of labels: one spelling, the order in which a person lists them, several in a cell."""

import json
import re
from collections.abc import Iterable
from unicodedata import normalize

from weitiao.io.tables.spelling import tidy

_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?([eE][+-]?\d+)?")
_DIGITS = re.compile(r"(\d+)")
_SELECTORS = re.compile("[\u200c\u200d\ufe00-\ufe0f]")
OF_NUMBERS = "where a number is learned: {--task} regression"
"""The way out where labels that are all numbers make no classes."""


def gist(name: str) -> str:
    """What is left of a name without width, case, spaces and the form of a number."""
    bare = "".join(normalize("NFKC", _SELECTORS.sub("", name)).casefold().split())
    return repr(float(bare)) if _NUMBER.fullmatch(bare) else bare


def natural_order(labels: Iterable[str]) -> list[str]:
    """The distinct labels in natural order: "2" before "10", "a2" before "a10".

    Numbers go by value when all labels are numbers ("-1", "0.5", "2"); otherwise runs of digits
    count as whole numbers inside the text.
    """
    distinct = set(labels)
    if all_numbers(distinct):
        return sorted(distinct, key=lambda label: (float(label), label))
    return sorted(distinct, key=lambda label: (_pieces(label), label))


def all_numbers(labels: Iterable[str]) -> bool:
    """Whether each label is a number, so that they order themselves."""
    return all(_NUMBER.fullmatch(label) for label in labels)


def split_labels(cell: str, separator: str = "auto") -> list[str]:
    """The distinct labels of a cell in natural order; none if it is empty.

    Args:
        cell: ``a|b``, also with the wide bar of Chinese keyboards, or a JSON list.
        separator: what stands between labels; "auto" = a bar.

    Raises:
        ValueError: the JSON is none, or holds something else than texts and numbers, or a label is
            empty.
    """
    cell = cell.strip()
    if not cell:
        return []
    labels = json.loads(cell) if cell.startswith("[") else _parts(cell, separator)
    if not all(isinstance(x, str | int | float) and not isinstance(x, bool) for x in labels):
        raise ValueError("a label is neither a text nor a number")
    names = [tidy(str(label)) for label in labels]
    if "" in names:
        raise ValueError("a label is empty")
    return natural_order(names)


def _parts(cell: str, separator: str) -> list[str]:
    if separator == "auto":
        return re.split("[|｜]", cell)
    return cell.split(None if separator.isspace() else separator)


def join_labels(labels: Iterable[str]) -> str:
    """The labels as a cell from which `split_labels` reads them again."""
    names = list(labels)
    if any("|" in name or "｜" in name or name.startswith("[") for name in names):
        return json.dumps(names, ensure_ascii=False)
    return "|".join(names)


def _pieces(label: str) -> list[str | int]:
    # Text and digits alternate, text first, so that like is always compared with like.
    return [int(s) if i % 2 else s for i, s in enumerate(_DIGITS.split(label))]
