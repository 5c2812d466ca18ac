"""Places of cleaned characters in the text as it was read."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from weitiao.inputs.text.alignment import aligned
from weitiao.inputs.text.clean import Cleaner

RAW = "<b>张三</b>　在 北京&amp;上海\u200b，ＡＢＣ  公司！ John\tSmith lives in <i>New  York</i>"


def surfaces(original: str, cleaned: str) -> list[tuple[str, str]]:
    """Each cleaned character with what it was."""
    places = aligned(original, cleaned).tolist()
    return [(char, original[begin:end]) for char, (begin, end) in zip(cleaned, places, strict=True)]


def test_names_are_found_again_behind_every_step_of_cleaning() -> None:
    (cleaned,) = Cleaner().clean([RAW]).texts
    assert cleaned is not None
    places = aligned(RAW, cleaned)
    for name, raw in (("张三", "张三"), ("北京", "北京"), ("ABC", "ＡＢＣ"), ("Smith", "Smith")):
        begin = cleaned.index(name)
        first, last = places[begin, 0], places[begin + len(name) - 1, 1]
        assert RAW[first:last] == raw
    begin = cleaned.index("New York")
    assert RAW[places[begin, 0] : places[begin + 7, 1]] == "New  York"


@pytest.mark.parametrize(
    ("original", "cleaned", "found"),
    [
        ("abc", "abc", [("a", "a"), ("b", "b"), ("c", "c")]),
        ("ａｂ", "ab", [("a", "ａ"), ("b", "ｂ")]),
        ("oﬃce", "office", [("o", "o"), *[(c, "ﬃ") for c in "ffi"], ("c", "c"), ("e", "e")]),
        ("a b", "ab", [("a", "a"), ("b", "b")]),
        ("e\u0301x", "\xe9x", [("\xe9", "e\u0301"), ("x", "x")]),
        ("", "", []),
        ("<p>&lt;在<i>B</i>&gt;", " <在B>", [(" ", ""), *[(c, c) for c in "<在B"], (">", ">")]),
        ("在體育館</b>，", "在体育馆，", [*zip("在体育馆，", "在體育館，", strict=True)]),
    ],
)
def test_characters(original: str, cleaned: str, found: list[tuple[str, str]]) -> None:
    assert surfaces(original, cleaned) == found


@given(st.text(max_size=60), st.text(max_size=60))
@example("\u00c0", "A0\u00c0")  # put into a composed character
def test_places_rise_and_lie_in_the_text(original: str, cleaned: str) -> None:
    places = aligned(original, cleaned)
    assert places.shape == (len(cleaned), 2)
    assert ((places >= 0) & (places <= len(original))).all()
    assert (places[:, 0] <= places[:, 1]).all()
    assert (places[1:] >= places[:-1]).all()
