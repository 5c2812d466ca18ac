"""Tag schemes: the spans that tags mean, which scheme it is, what is broken."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from weitiao.io.spans.schemes import TagReader
from weitiao.io.spans.span import SpanFault

Spans = list[tuple[int, int, str]]


def read(*rows: str, refuse: bool = False) -> tuple[list[Spans], TagReader]:
    """The spans of rows of tags, the first of which is a block."""
    reader = TagReader(refuse=refuse)
    reader.see([rows[0].split()])
    return [[(*span,) for span in reader.spans(row.split())] for row in rows], reader


NAMES = [(0, 2, "PER"), (3, 4, "LOC"), (4, 7, "LOC")]
WRITTEN = {
    "IOB2": "B-PER I-PER O B-LOC B-LOC I-LOC I-LOC",
    "IOB1": "I-PER I-PER O I-LOC B-LOC I-LOC I-LOC",
    "BIOES": "B-PER E-PER O S-LOC B-LOC I-LOC E-LOC",
    "BILOU": "B-PER L-PER O U-LOC B-LOC I-LOC L-LOC",
    "BMES": "B-PER E-PER O S-LOC B-LOC M-LOC E-LOC",
    "BMEO": "B-PER E-PER O B-LOC B-LOC M-LOC E-LOC",
}


@pytest.mark.parametrize("scheme", WRITTEN)
def test_each_scheme_gives_the_same_spans_and_is_found(scheme: str) -> None:
    (spans,), reader = read(WRITTEN[scheme])
    assert spans == NAMES
    assert reader.scheme == scheme
    assert [*reader.facts()] == [f"its tags are read as {scheme}"]
    assert not [*reader.counts()]


@pytest.mark.parametrize(
    ("tags", "spans", "fact"),
    [
        ("I-PER I-PER O I-LOC", [(0, 2, "PER"), (3, 4, "LOC")], "its tags are read as IO"),
        (
            "PER PER person-actor O LOC",
            [(0, 2, "PER"), (2, 3, "person-actor"), (4, 5, "LOC")],
            "its tags are types without prefixes (IO): neighbours of a type are one entity",
        ),
        ("B E S B M E", [(0, 2, "_"), (2, 3, "_"), (3, 6, "_")], "its tags are read as BMES"),
        ("B_PER I_PER O", [(0, 2, "PER")], "its tags are read as IOB2"),
        ("B-PER.NOM I-PER.NOM", [(0, 2, "PER.NOM")], "its tags are read as IOB2"),
        ("B-a-b I-a-b", [(0, 2, "a-b")], "its tags are read as IOB2"),
        ("O O", [], "all tags are O"),
        ("", [], "all tags are O"),
    ],
)
def test_other_ways_to_write_tags(tags: str, spans: Spans, fact: str) -> None:
    (found,), reader = read(tags)
    assert found == spans
    assert [*reader.facts()] == [fact]


OF_IOB2 = "B-PER I-PER O B-LOC"
OF_BIOES = "B-PER I-PER E-PER O S-LOC"
BROKEN = [
    (OF_IOB2, "O I-PER I-PER", [(1, 3, "PER")], "begin with I- or M-, read as begun", 1),
    (OF_IOB2, "B-PER I-LOC O", [(0, 1, "PER"), (1, 2, "LOC")], "begin with I- or M-", 1),
    (OF_IOB2, "B-PER S-LOC", [(0, 1, "PER"), (1, 2, "LOC")], "prefix of another scheme", 1),
    (OF_BIOES, "B-PER I-PER O", [(0, 2, "PER")], "without an end, E- or L-, read as ended", 1),
    (OF_BIOES, "B-PER I-PER", [(0, 2, "PER")], "without an end", 1),
    (OF_BIOES, "B-PER O", [(0, 1, "PER")], "of one token with B-", 1),
    (OF_BIOES, "O E-PER", [(1, 2, "PER")], "begin with E- or L-, read as one token", 1),
    (OF_BIOES, "S-PER E-PER", [(0, 1, "PER"), (1, 2, "PER")], "begin with E- or L-", 1),
    (OF_BIOES, "I-PER E-PER", [(0, 2, "PER")], "begin with I- or M-", 1),
    (OF_BIOES, "B-PER E-LOC", [(0, 1, "PER"), (1, 2, "LOC")], "begin with E- or L-", 1),
    ("O I-PER I-PER B-PER I-PER O I-LOC", "O B-LOC", [(1, 2, "LOC")], "none of their type", 1),
]


@pytest.mark.parametrize(("usual", "tags", "spans", "told", "count"), BROKEN)
def test_broken_tags_are_mended_and_counted(
    usual: str, tags: str, spans: Spans, told: str, count: int
) -> None:
    (_, found), reader = read(usual, tags)
    assert found == spans
    counts = dict(reader.counts())
    assert [n for what, n in counts.items() if told in what] == [count]
    assert counts[f"rows with tags that break {reader.scheme}, mended"] == 1


@pytest.mark.parametrize(("usual", "tags", "spans", "told", "count"), BROKEN)
def test_broken_tags_are_refused_by_option(
    usual: str, tags: str, spans: Spans, told: str, count: int
) -> None:
    reader = TagReader(refuse=True)
    reader.see([usual.split()])
    reader.spans(usual.split())
    with pytest.raises(
        SpanFault, match=rf"tag \d, '.-[A-Z]+', breaks the rules of {reader.scheme}"
    ):
        reader.spans(tags.split())
    assert not [*reader.counts()]


@pytest.mark.parametrize(
    ("tags", "told"),
    [
        (["O", "X-PER"], r"tag 2, 'X-PER', has no known prefix"),
        (["b-per", "O"], "tag 1, 'b-per', has no known prefix"),
        (["B-PER", "PER"], "tag 2, 'PER', has no known prefix"),
        (["B-PER", ""], "tag 2, '', has no known prefix"),
        (["B-PER", "B-"], "tag 2, 'B-', has no known prefix"),
        (["O-PER", "B-PER"], "tag 1, 'O-PER', has no known prefix"),
        (["B-PER", None], "tag 2 is missing"),
        ([0, 1], "tag 1 is a number, 0, that nothing names"),
        (["O", ["B"]], "tag 2"),
    ],
)
def test_what_is_no_tag_is_told(tags: list[object], told: str) -> None:
    reader = TagReader(refuse=False)
    reader.see([tags])
    with pytest.raises(SpanFault, match=told):
        reader.spans(tags)


def test_the_scheme_is_that_of_the_first_block_with_a_tag() -> None:
    reader = TagReader(refuse=True)
    reader.see([["O", "O"]])
    assert reader.scheme is None
    reader.see([["O", "I-PER"], ["B-PER", "I-PER"]])  # as many B at a beginning as I
    assert reader.scheme == "IOB2"
    reader.see([["I-PER"]] * 9)
    assert reader.scheme == "IOB2"


TAGS = st.lists(st.sampled_from(["O", *(f"{p}-{t}" for p in "BIESLUM" for t in ("X", "Y"))]))


@given(TAGS)
def test_what_is_tagged_is_in_one_span_of_its_type(tags: list[str]) -> None:
    reader = TagReader(refuse=False)
    reader.see([tags])
    spans = reader.spans(tags)
    covered = Counter(place for span in spans for place in range(span.start, span.end))
    assert covered == Counter(place for place, tag in enumerate(tags) if tag != "O")
    for span in spans:
        assert {tag[2:] for tag in tags[span.start : span.end]} == {span.type}
    assert spans == sorted(spans)


@st.composite
def spans_of_tokens(draw: st.DrawFn) -> tuple[int, Spans]:
    """A number of tokens, and spans of them that don't overlap."""
    spans, at = [], draw(st.integers(0, 2))
    for length in draw(st.lists(st.integers(1, 4), max_size=6)):
        spans.append((at, at + length, draw(st.sampled_from("XY"))))
        at += length + draw(st.integers(0, 2))
    return at + draw(st.integers(0, 2)), spans


@given(spans_of_tokens(), st.sampled_from(["BI", "BIES", "BILU", "BMES"]))
def test_spans_come_back_from_the_tags_of_each_scheme(
    drawn: tuple[int, Spans], letters: str
) -> None:
    length, spans = drawn
    begin, inside, *rest = letters
    end, single = rest if rest else (inside, begin)
    tags = ["O"] * length
    for start, stop, kind in spans:
        tags[start:stop] = [f"{inside}-{kind}"] * (stop - start)
        tags[stop - 1] = f"{end}-{kind}"
        tags[start] = f"{begin}-{kind}"
        if stop - start == 1:
            tags[start] = f"{single}-{kind}"
    reader = TagReader(refuse=False)
    reader.see([tags])
    assert [(*span,) for span in reader.spans(tags)] == spans
