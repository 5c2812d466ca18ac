"""From answers as a file gives them to places in their text."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from weitiao.io.answers.forms import NOWHERE, Given
from weitiao.io.answers.places import (
    UNITS,
    Place,
    apart,
    places_of,
    similar_places_of,
    stands_alike,
    stands_at,
)
from weitiao.io.spans.characters import splits_cluster
from weitiao.io.spans.span import SpanFault, short

Answer = tuple[int, int, str]
"""Begin, end and text; the first two are -1 where it stands nowhere."""
_NOWHERE = (NOWHERE, NOWHERE)
_MOVED = "answers that don't stand at their offset, taken from the nearest place where they do"
_ALIKE = "answers that stand in the text in another width, case or spelling, taken as they do there"
_MANY = "answers without an offset that stand at several places, all of them taken"
_LOST = "answers that stand nowhere in their text, count in scores, and can't be learned"
_UNIT = "offsets of answers in {}, turned into code points"


class Tally:
    """What was found or done in a source: how often, and where first."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()
        self._first: dict[str, str] = {}

    def add(self, what: str, row: int, value: str | None = None) -> None:
        """Count something that is true of a value in a row; null = of the row."""
        self._counts[what] += 1
        if what not in self._first:  # to shorten a long value takes time
            told = "" if value is None else f", {short(value)}"
            self._first[what] = f"row {row}{told}"

    def facts(self) -> Iterator[str]:
        """Each with its count and its first place."""
        for what, count in self._counts.items():
            yield f"{what}: {count:,} (first: {self._first[what]})"


@dataclass
class Placing:
    """Finds the places of a source's answers, row by row.

    Args:
        tally: takes what was done.
        refuse: whether an answer must stand, to the letter, where the file says, and somewhere if
            it doesn't say.
    """

    tally: Tally
    refuse: bool
    _units: set[str] = field(default_factory=lambda: set(UNITS))  # that offsets may still be in

    def placed(self, text: str, given: Sequence[Given], row: int) -> list[Answer]:
        """The answers of a row, in the order of the file, each once.

        One that the file gives no place for is taken at all its places, as MRQA does: which one is
        meant is not known, and an objective may choose or weigh them, but not find others.

        Args:
            row: its number, to tell.

        Raises:
            SpanFault: they must stand somewhere, and one doesn't.
        """
        found: dict[Answer, None] = {}
        for answer in given:
            places = [self._at(text, answer.text, start, row) for start in answer.starts]
            for begin, end in places if answer.starts else self._anywhere(text, answer.text, row):
                lost = (begin, end) == _NOWHERE
                found[begin, end, answer.text if lost else text[begin:end]] = None
        return list(found)

    def _at(self, text: str, answer: str, start: int, row: int) -> Place:
        """The place of an answer that is said to begin at a character."""
        if stands_at(text, answer, start):
            self._units -= {unit for unit in self._units if not _fits(unit, text, answer, start)}
            return start, start + len(answer)
        if self.refuse:
            raise _misplaced(text, answer, start)
        if stands_alike(text, answer, start):
            self.tally.add(_ALIKE, row, answer)
            return start, start + len(answer)
        for unit in UNITS:
            if unit in self._units and _fits(unit, text, answer, start):
                self.tally.add(_UNIT.format(unit), row, answer)
                begin = UNITS[unit](text, start)
                assert begin is not None  # it fits
                return begin, begin + len(answer)
        what, places = self._places(text, answer, _MOVED)
        self.tally.add(what, row, answer)
        return min(places, key=lambda place: abs(place[0] - start))

    def _anywhere(self, text: str, answer: str, row: int) -> list[Place]:
        """The places of an answer of which the file gives none."""
        what, places = self._places(text, answer, _MANY)
        if self.refuse and what in (_LOST, _ALIKE):
            raise SpanFault(f"{short(answer)} stands nowhere in the text", hint=_HINT)
        places = apart(places)
        if what != _MANY or len(places) > 1:
            self.tally.add(what, row, answer)
        return places

    def _places(self, text: str, answer: str, exact: str) -> tuple[str, list[Place]]:
        """All places of an answer, and what to report on them."""
        if places := places_of(text, answer):
            return exact, places
        if places := similar_places_of(text, answer):
            return _ALIKE, places
        return _LOST, [_NOWHERE]


def _fits(unit: str, text: str, answer: str, start: int) -> bool:
    """Whether an answer stands where its offset would lead if it counted something else."""
    if text.isascii():
        return stands_at(text, answer, start)
    begin = UNITS[unit](text, start)
    return begin is not None and stands_at(text, answer, begin)


_HINT = "{--misplaced_answers} move keeps such answers"


def _misplaced(text: str, answer: str, start: int) -> SpanFault:
    """What is wrong with an answer's offset."""
    end = start + len(answer)
    problem = f"{short(answer)} doesn't stand at {start} of the text, but "
    if text.startswith(answer, start):
        edge = start if splits_cluster(text, start) else end
        seen = text[max(0, edge - 2) : edge + 2]
        return SpanFault(problem + f"cuts a character of several code points, in {seen!r}")
    if start >= len(text):
        problem += f"that has {len(text)} characters"
    else:
        problem += f"{short(text[start:end])} does"
    places = places_of(text, answer)
    nearest = min(places, key=lambda place: abs(place[0] - start), default=None)
    problem += f"; it stands at {nearest[0]}" if nearest else "; it stands nowhere in it"
    return SpanFault(problem, hint="{--misplaced_answers} move looks for it")
