"""brat: a text in one file, its spans in another one beside it."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

from weitiao.errors import DataError
from weitiao.io.spans.annotations import checked
from weitiao.io.spans.span import Span, SpanFault, as_span, short
from weitiao.io.tables.cells import shown
from weitiao.io.tables.source import BadRow, Chunk, Source
from weitiao.io.tables.text_file import open_text, without_nuls

_KINDS = {
    "R": "relations",
    "E": "events",
    "A": "attributes",
    "M": "attributes",
    "N": "references",
    "#": "notes",
    "*": "relations",
}


def read_brat(source: Source) -> Iterator[Chunk]:
    """A document, which is row 1; its spans are the lines T of the ``.ann`` beside it.

    Raises:
        DataError: the file is an ``.ann``.
    """
    path = source.files[0]
    if path.suffix == ".ann":
        hint = f"name the text beside it: {path.with_suffix('.txt').name}"
        raise DataError("this holds spans, not a text", file=path, hint=hint)
    text = _content(source, 0)
    cells: dict[str, object] = {"text": text}
    try:
        if "label" in source.wanted:
            cells["label"] = _spans(source, text)
    except SpanFault as fault:
        bad = BadRow(1, shown(fault.problem), text, source.wanted["label"], hint=fault.hint)
        yield Chunk([], [[] for _ in source.wanted], lambda _: text, [bad])
        return
    yield Chunk([1], [[cells.get(role)] for role in source.wanted], lambda _: text, [])


def _content(source: Source, place: int) -> str:
    with open_text(replace(source, files=(source.files[place],))) as file:
        return without_nuls(source, file.read()).removeprefix("\ufeff")


def _spans(source: Source, text: str) -> list[Span]:
    if len(source.files) < 2:
        beside = source.path.with_suffix(".ann").name
        raise SpanFault(f"there is no {beside} beside it", hint="one without lines says: no spans")
    spans: list[Span] = []
    others: Counter[str] = Counter()
    for number, line in enumerate(_content(source, 1).split("\n"), 1):
        if line[:1] == "T":
            spans.append(_span(line.rstrip("\r"), number, text, source.notes.totals))
        elif line.strip():
            others[_KINDS.get(line[0], "other lines")] += 1
    for kind, count in others.items():
        source.notes.totals[f"{kind} of brat, left out"] += count
    return spans


def _span(line: str, number: int, text: str, counts: Counter[str]) -> Span:
    """The span of ``T1<tab>TYPE START END<tab>SURFACE``."""
    place, _, surface = line.partition("\t")[2].partition("\t")
    if ";" in place:
        raise SpanFault(f"line {number} has a span of several parts, {short(place)}")
    parts = place.split(" ")
    if len(parts) != 3 or not all(offset.isdecimal() for offset in parts[1:]):
        raise SpanFault(f"line {number} is no span: {short(line)}")
    span = as_span(int(parts[1]), int(parts[2]), parts[0])
    return checked(text, span, surface, counts) if surface else span
