"""Tags of tokens, such as B-PER, and the spans that they mean, whatever their scheme."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Literal, NamedTuple

from weitiao.io.spans.span import Span, SpanFault

Scheme = Literal["IOB2", "IOB1", "IO", "BIOES", "BILOU", "BMES", "BMEO"]
Break = Literal["inside", "end", "open", "lone", "needless", "foreign"]

TAG = re.compile(r"O|([BIESLUM])(?:[-_](.+))?", re.DOTALL)
"""A tag with a prefix: begin, inside, end, single, last, unit, middle; or outside."""
UNNAMED = "_"
"""The type of spans whose tags name none, as those of segmented words: B, M, E, S."""
_ONE_LETTER = re.compile(r".[-_]")  # a prefix, though none of ours
_PREFIXES: dict[Scheme, str] = {
    "IOB2": "BI",
    "IOB1": "BI",
    "IO": "I",
    "BIOES": "BIES",
    "BILOU": "BILU",
    "BMES": "BMES",
    "BMEO": "BME",
}
_ENDED: set[Break] = {"inside", "end", "open", "lone", "foreign"}
_BROKEN: dict[Scheme, set[Break]] = {
    "IOB2": {"inside", "foreign"},
    "IOB1": {"needless", "foreign"},
    "IO": {"foreign"},
    "BIOES": _ENDED,
    "BILOU": _ENDED,
    "BMES": _ENDED,
    "BMEO": _ENDED - {"lone"},
}
_BREAKS: dict[Break, tuple[str, str]] = {
    "inside": ("entities that begin with I- or M-", "read as begun"),
    "end": ("entities that begin with E- or L-", "read as one token"),
    "open": ("entities without an end, E- or L-", "read as ended"),
    "lone": ("entities of one token with B-", "read as ended"),
    "needless": ("entities that begin with B-, though none of their type stands before", "kept"),
    "foreign": ("tags with a prefix of another scheme", "read as what it says there"),
}
"""What is broken, and how it is mended."""


class Tag(NamedTuple):
    """A tag taken apart.

    Args:
        prefix: what the token is in its span: a letter of `TAG`, or O.
        type: of the span; empty for O.
    """

    prefix: str
    type: str


class Decoded(NamedTuple):
    """Spans of tokens, and where their tags break a scheme's rule, by the token."""

    spans: list[Span]
    breaks: list[tuple[Break, int]]


def decode(tags: Sequence[Tag]) -> Decoded:
    """The spans that tags mean, by rules that are right for every scheme.

    B, S and U begin a span; I, M, E and L continue one of their type, or begin one where there is
    none; E, L, S and U end it. So spans that a scheme would have otherwise are mended: what is
    tagged is in a span, and no span has two types.
    """
    spans: list[Span] = []
    breaks: list[tuple[Break, int]] = []
    start, before = -1, Tag("O", "")  # the span that goes on begins at `start`
    for place, tag in enumerate([*tags, Tag("O", "")]):
        goes_on = start >= 0 and tag.prefix in "IMEL" and tag.type == before.type
        if start >= 0 and not goes_on:
            spans.append(Span(start, place, before.type))
            breaks.append(("lone" if before.prefix == "B" else "open", place - 1))
            start = -1
        if not goes_on and tag.prefix in "IM":
            breaks.append(("inside", place))
        if not goes_on and tag.prefix in "EL":
            breaks.append(("end", place))
        if tag.prefix == "B" and before.type != tag.type:
            breaks.append(("needless", place))
        if tag.prefix != "O" and not goes_on:
            start = place
        if tag.prefix in "ESLU":
            spans.append(Span(start, place + 1, tag.type))
            start = -1
        before = tag
    return Decoded(spans, breaks)


def scheme_of(sequences: Iterable[Sequence[Tag]]) -> Scheme | None:
    """The scheme that tags follow, or follow most; null = they are all O.

    IOB1 has B where a span of the same type stands before, IOB2 at each beginning.
    """
    prefixes: set[str] = set()
    breaks: Counter[Break] = Counter()
    for tags in sequences:
        prefixes.update(tag.prefix for tag in tags)
        breaks.update(kind for kind, _ in decode(tags).breaks)
    prefixes.discard("O")
    if not prefixes:
        return None
    if "M" in prefixes:
        return "BMES" if "S" in prefixes else "BMEO"
    if prefixes & {"L", "U"}:
        return "BILOU"
    if prefixes & {"E", "S"}:
        return "BIOES"
    if "B" not in prefixes:
        return "IO"
    return "IOB1" if breaks["inside"] > breaks["needless"] else "IOB2"


class TagReader:
    """Reads the tags of one file, and counts what is broken in them.

    The scheme is that of the first block that has a tag besides O; it decides what counts as
    broken. What spans the tags mean doesn't depend on it.

    Args:
        refuse: whether a row with broken tags is a fault, not mended.
    """

    def __init__(self, *, refuse: bool) -> None:
        self.scheme: Scheme | None = None
        self._bare = False  # tags are types without prefixes
        self._refuse = refuse
        self._counts: Counter[Break] = Counter()
        self._known: dict[str, Tag | None] = {}
        self._sequences = self._mended = 0

    def see(self, block: Sequence[Sequence[Any]]) -> None:
        """Look at the tags of some successive rows, before they are read."""
        if self.scheme is not None:
            return
        found = {tag for tags in block for tag in tags if isinstance(tag, str) and tag != "O"}
        self._bare = bool(found) and not any(
            TAG.fullmatch(t) or _ONE_LETTER.match(t) for t in found
        )
        self._known.clear()
        taken = ([self._apart(tag) for tag in tags] for tags in block)
        self.scheme = scheme_of([tag for tag in tags if tag is not None] for tags in taken)

    def spans(self, tags: Sequence[Any]) -> list[Span]:
        """The spans of a row, in tokens.

        Raises:
            SpanFault: a tag is none, or, where they are refused, the tags are broken.
        """
        taken = []
        for number, tag in enumerate(tags, 1):
            apart = self._apart(tag)
            if apart is None:
                raise _no_tag(number, tag)
            taken.append(apart)
        found = decode(taken)
        breaks = list(self._breaks(taken, found))
        self._sequences += 1
        if breaks and self._refuse:
            kind, place = breaks[0]
            problem = f"tag {place + 1}, {tags[place]!r}, breaks the rules of {self.scheme}"
            raise SpanFault(f"{problem}: {_BREAKS[kind][0]}", hint="{--broken_tags} mend")
        self._mended += bool(breaks)
        self._counts.update(kind for kind, _ in breaks)
        return found.spans

    def facts(self) -> Iterator[str]:
        """What the tags of the file are, as sentences without a full stop."""
        if self._sequences and self.scheme is None:
            yield "all tags are O"
        elif self._bare:
            yield "its tags are types without prefixes (IO): neighbours of a type are one entity"
        elif self._sequences:
            yield f"its tags are read as {self.scheme}"

    def counts(self) -> Iterator[tuple[str, int]]:
        """What was mended, and how often."""
        if self._mended:
            yield f"rows with tags that break {self.scheme}, mended", self._mended
        for kind, count in self._counts.items():
            yield ", ".join(_BREAKS[kind]), count

    def _apart(self, tag: Any) -> Tag | None:
        """A tag taken apart; null = it is none."""
        if not isinstance(tag, str):
            return None
        if tag not in self._known:
            self._known[tag] = self._taken_apart(tag)
        return self._known[tag]

    def _taken_apart(self, tag: str) -> Tag | None:
        if tag == "O":
            return Tag("O", "")
        if self._bare:
            return Tag("I", tag) if tag.strip() else None
        found = TAG.fullmatch(tag)
        return Tag(found[1], found[2] or UNNAMED) if found else None

    def _breaks(self, tags: Sequence[Tag], found: Decoded) -> Iterator[tuple[Break, int]]:
        """Where the tags break the rules of their scheme."""
        if self.scheme is None:
            return
        broken = _BROKEN[self.scheme]
        yield from (each for each in found.breaks if each[0] in broken)
        prefixes = _PREFIXES[self.scheme] + "O"
        yield from (("foreign", i) for i, tag in enumerate(tags) if tag.prefix not in prefixes)


def _no_tag(number: int, tag: Any) -> SpanFault:
    if tag is None:
        return SpanFault(f"tag {number} is missing")
    if isinstance(tag, int | float):
        hint = "write names, or give the Parquet or Arrow file in which datasets names the classes"
        return SpanFault(f"tag {number} is a number, {tag}, that nothing names", hint=hint)
    hint = "tags are O, or B-, I-, E-, S-, L-, U- or M- and a type"
    return SpanFault(f"tag {number}, {tag!r}, has no known prefix", hint=hint)
