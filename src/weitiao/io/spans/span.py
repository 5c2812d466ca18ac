"""A span of a text, and what is wrong with one."""

from collections.abc import Iterable, Sequence
from reprlib import Repr
from typing import Any, NamedTuple

from weitiao.io.spans.characters import splits_cluster

_SHORT = Repr()  # of a value in a message: it may be long, or nested deeply
_SHORT.maxstring = _SHORT.maxother = 60


class Span(NamedTuple):
    """A part of a text or of a row of tokens.

    Args:
        start: the first character (code point) or token, from 0.
        end: the one behind the last.
        type: what the part is.
    """

    start: int
    end: int
    type: str


class SpanFault(ValueError):
    """A row's text, tokens, tags, spans, answers or messages are no such thing, or don't fit.

    Args:
        problem: what is wrong, as a sentence.
        role: whose cell is at fault.
        hint: the way out.
    """

    def __init__(self, problem: str, role: str = "label", hint: str | None = None) -> None:
        super().__init__(problem)
        self.problem, self.role, self.hint = problem, role, hint


def short(value: Any) -> str:
    """A value as a message shows it."""
    return _SHORT.repr(value)


def as_span(start: Any, end: Any, type: Any) -> Span:
    """A span of whatever a file gives for its parts.

    Raises:
        SpanFault: the offsets are no whole numbers, or the type is no filled text.
    """
    for offset in (start, end):
        if not isinstance(offset, int) or isinstance(offset, bool):
            raise SpanFault(f"the offset {short(offset)} of a span is not a whole number")
    if not isinstance(type, str) or not type.strip():
        raise SpanFault(f"the type {short(type)} of the span {[start, end]} is not a filled text")
    return Span(start, end, type)


def placed(spans: Sequence[Span], tokens: Sequence[str], starts: Sequence[int]) -> list[Span]:
    """Spans of tokens as spans of the text in which those begin at `starts`."""
    return [
        Span(starts[span.start], starts[span.end - 1] + len(tokens[span.end - 1]), span.type)
        for span in spans
    ]


def refuse_misplaced(text: str, spans: Iterable[Span]) -> None:
    """Refuse spans that are no parts of a text, or cut what is seen as one character.

    Raises:
        SpanFault: one is inverted, empty, beyond the text, or begins or ends inside a character
            that is written by several code points.
    """
    for span in spans:
        named = f"the span {short([*span])}"
        if span.start > span.end:
            raise SpanFault(f"{named} ends before it starts")
        if span.start < 0:
            raise SpanFault(f"{named} starts before the text")
        if span.end > len(text):
            raise SpanFault(f"{named} ends past the text, which has {len(text)} characters")
        if span.start == span.end:
            raise SpanFault(f"{named} is empty: ends are exclusive")
        for what, edge in (("starts", span.start), ("ends", span.end)):
            if splits_cluster(text, edge):
                seen = text[max(0, edge - 2) : edge + 2]
                problem = f"{named} {what} inside a character of several code points, in {seen!r}"
                raise SpanFault(problem, hint="offsets count code points, not bytes or UTF-16")
