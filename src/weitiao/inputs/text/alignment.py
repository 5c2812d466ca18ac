"""Which characters of the original text became which of the cleaned one."""

import re
import unicodedata
from difflib import SequenceMatcher

import numpy as np

_PART = re.compile(r"[a-zA-Z]+|\d+|[\s\S]")
"""Latin words, numbers, single characters: few enough to be compared."""
_CLOSE = 200  # characters: shorter stretches are compared one by one


def aligned(original: str, cleaned: str) -> np.ndarray:
    """Begin and end in the original of each character of the cleaned text, ``(N, 2)``.

    Both are compared (`difflib`) by what is left of their characters without width and composition
    (NFKD). Where one part has replaced another, as many characters stand for as many, one for one,
    and others all for all. A character that came from none has an empty place.
    """
    before, source = _folded(original)
    after, owner = _folded(cleaned)
    places = _places(before, after)
    ends = np.append(source, len(original))
    filled = places[:, 1] > places[:, 0]
    begin = ends[places[:, 0]]
    end = np.where(filled, ends[np.maximum(places[:, 1] - 1, 0)] + 1, begin)
    found = np.stack([np.full(len(cleaned), len(original)), np.zeros(len(cleaned), np.int64)], 1)
    np.minimum.at(found[:, 0], owner, begin)
    np.maximum.at(found[:, 1], owner, end)
    return np.maximum.accumulate(found)  # what came from none may stand within a composed character


def _folded(text: str) -> tuple[str, np.ndarray]:
    """What is compared of a text, and the character that each of its own is of."""
    parts = [" " if c.isspace() else unicodedata.normalize("NFKD", c) for c in text]
    return "".join(parts), np.repeat(np.arange(len(text)), [len(part) for part in parts])


def _places(before: str, after: str) -> np.ndarray:
    """Begin and end in ``before`` of each character of ``after``, ``(N, 2)``."""
    count = _shared(before, after)
    rest, new = before[count:], after[count:]
    same = _shared(rest[::-1], new[::-1])
    found = np.empty((len(after), 2), np.int64)
    found[:count] = _one_for_one(0, count)
    end = len(after) - same
    found[end:] = _one_for_one(len(before) - same, same)
    middle = rest[: len(rest) - same], new[: len(new) - same]
    found[count:end] = _compared(*middle, parts=True) + count
    return found


def _shared(one: str, other: str) -> int:
    """How many characters both begin with."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((i for i, (a, b) in pairs if a != b), min(len(one), len(other)))


def _one_for_one(begin: int, count: int) -> np.ndarray:
    places = np.arange(begin, begin + count)
    return np.stack([places, places + 1], 1)


def _no_word(part: str) -> bool:
    return not part[0].isalnum()


def _compared(before: str, after: str, *, parts: bool) -> np.ndarray:
    """As `_places`, by words and characters, or by characters alone."""
    found = np.empty((len(after), 2), np.int64)
    if not before or not after:
        found[:] = 0, len(before)
        return found
    sides = [[*(_PART.findall(text) if parts else text)] for text in (before, after)]
    starts = [np.cumsum([0, *map(len, side)]).tolist() for side in sides]
    junk = _no_word if parts else None  # else the < of a tag would be that of an entity
    for tag, *bounds in SequenceMatcher(junk, sides[0], sides[1]).get_opcodes():
        i, j = (starts[0][bound] for bound in bounds[:2])
        k, m = (starts[1][bound] for bound in bounds[2:])
        if tag == "equal" or j - i == m - k:
            found[k:m] = _one_for_one(i, m - k)
        elif parts and i < j and k < m and max(j - i, m - k) <= _CLOSE:
            found[k:m] = _compared(before[i:j], after[k:m], parts=False) + i
        else:
            letters = [n for n in range(i, j) if _is_letter(before[n])]
            rewritten = tag == "replace" and not parts and len(letters) == m - k
            if rewritten and all(map(_is_letter, after[k:m])):  # the rest, such as a tag, is gone
                found[k:m] = np.stack([letters, np.add(letters, 1)], 1)
            else:
                found[k:m] = i, j
    return found


def _is_letter(char: str) -> bool:
    """Whether it is one that cleaning may put another in place of, such as a hanzi."""
    return char.isalpha() and not char.isascii()
