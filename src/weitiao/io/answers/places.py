"""Finds a text in another one: to the letter, or up to spelling."""

from collections.abc import Iterator
from functools import lru_cache
from itertools import pairwise
from unicodedata import normalize

from weitiao.io.spans.characters import from_utf16, splits_cluster
from weitiao.io.spans.units import UNIT

Place = tuple[int, int]
"""Begin and end, in code points."""


def stands_at(text: str, answer: str, start: int) -> bool:
    """Whether an answer stands at a place, and its edges cut nothing that is seen as one character
    (a letter with its accents, a joined emoji)."""
    return (
        start >= 0
        and text.startswith(answer, start)
        and not splits_cluster(text, start)
        and not splits_cluster(text, start + len(answer))
    )


def stands_alike(text: str, answer: str, start: int) -> bool:
    """Whether what stands at a place differs in width, case or white space only, likewise."""
    end = start + len(answer)
    there = text[max(0, start) : end]
    alike = len(there) == len(answer) and _read(there).casefold() == _read(answer).casefold()
    return alike and not (splits_cluster(text, start) or splits_cluster(text, end))


def places_of(text: str, answer: str) -> list[Place]:
    """All places of an answer: those that cut no word, or, where there are none, any."""
    places = [(start, start + len(answer)) for start in _found(text, answer)]
    places = [place for place in places if stands_at(text, answer, place[0])]
    return [place for place in places if not _cuts_word(text, place)] or places


def similar_places_of(text: str, answer: str) -> list[Place]:
    """All places of what reads as the answer does: in another width or with accents written
    otherwise (Unicode's NFKC), or with other white space. Case counts."""
    sought = _read(answer)
    if not sought or sought not in _read(text):
        return []
    there, begins, ends = _mapped(text)
    places = [(begins[start], ends[start + len(sought) - 1]) for start in _found(there, sought)]
    # NFKC may take one character apart, such as ½: part of it is no place
    places = [place for place in dict.fromkeys(places) if _read(text[slice(*place)]) == sought]
    return [place for place in places if not _cuts_word(text, place)] or places


def apart(places: list[Place]) -> list[Place]:
    """Those that overlap none before: 哈哈 stands twice in 哈哈哈哈.

    So all together are no longer than their text.
    """
    found: list[Place] = []
    for place in places:
        if not found or place[0] >= found[-1][1]:
            found.append(place)
    return found


def from_bytes(text: str, offset: int) -> int | None:
    """The number of code points before an offset in bytes of UTF-8; null = inside a character or
    past the end."""
    data = text.encode("utf-8", "surrogatepass")
    if not 0 <= offset <= len(data):
        return None
    try:
        return len(data[:offset].decode("utf-8", "surrogatepass"))
    except UnicodeDecodeError:
        return None


UNITS = {"UTF-16": from_utf16, "bytes of UTF-8": from_bytes}
"""What offsets may count besides code points."""


def _found(text: str, sought: str) -> Iterator[int]:
    at = text.find(sought)
    while at >= 0:
        yield at
        at = text.find(sought, at + 1)


def _cuts_word(text: str, place: Place) -> bool:
    """Whether an edge lies inside a Latin word or number."""
    return any(
        0 < edge < len(text)
        and (word := UNIT.match(text, edge - 1, edge + 1)) is not None
        and word.end() > edge
        for edge in place
    )


@lru_cache(maxsize=8)  # several answers are looked for in a text
def _read(text: str) -> str:
    """A text in one width and spelling, without white space."""
    return "".join(normalize("NFKC", text).split())


@lru_cache(maxsize=8)
def _mapped(text: str) -> tuple[str, list[int], list[int]]:
    """The same, and where in the text what each of its characters comes from begins and ends."""
    parts, begins, ends = [], [], []
    edges = [at for at in range(len(text) + 1) if not splits_cluster(text, at)]
    for begin, end in pairwise(edges):
        part = _read(text[begin:end])
        parts.append(part)
        begins += [begin] * len(part)
        ends += [end] * len(part)
    return "".join(parts), begins, ends
