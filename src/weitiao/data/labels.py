"""Names of labels: one spelling, the order in which a person lists them, several in a cell."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from unicodedata import normalize

_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?([eE][+-]?\d+)?")
_DIGITS = re.compile(r"(\d+)")
# marks of order and direction, zero-width spaces, soft hyphens, byte order marks, controls
_INVISIBLE = re.compile(
    "[\0-\x08\x0e-\x1b\x7f\xad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff]"
)
# these two shape what stands beside them, in emoji and in the scripts of Persian and Hindi
_JOINERS = "\u200c\u200d"
_SELECTORS = re.compile(f"[{_JOINERS}\ufe00-\ufe0f]")


def tidy(name: str) -> str:
    """A name as it is seen: without invisible characters, and composed (Unicode's form NFC)."""
    if name.isascii() and name.isprintable():
        return name.strip()
    seen = normalize("NFC", _INVISIBLE.sub("", name)).strip()
    return seen.strip(_JOINERS).strip()


_WRITTEN_FOR_NONE = r"""
nan -nan <na> na n/a n.a. nat null (null) <null> [null] none (none) <none> nil void undefined
missing blank empty \n - -- --- — – _ ? ?? . ... 1.#ind -1.#ind 1.#qnan -1.#qnan
#n/a #n/a! #na #null! #name? #value! #ref! #div/0! #num! #空值! 缺失 缺失值 空 空值 (空) 空白 暂无
"""
PLACEHOLDERS = frozenset(_WRITTEN_FOR_NONE.split())
"""What programs and people write where there is no value, in small letters of usual width."""


def is_placeholder(name: str) -> bool:
    """Whether a name is what programs and people write where there is no value."""
    return "".join(normalize("NFKC", name).casefold().split()) in PLACEHOLDERS


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
    """Whether each label is a number, so that their order is told by themselves."""
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
