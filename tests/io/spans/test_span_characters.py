"""How tokens make a text, where they stand in one, and where characters must not be cut."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from weitiao.io.spans.characters import from_utf16, joined, located, splits_cluster


@pytest.mark.parametrize(
    ("tokens", "text"),
    [
        (["I", "live", "in", "Bonn", "."], "I live in Bonn ."),
        (["我", "住", "在", "波恩", "。"], "我住在波恩。"),
        (["买", "iPhone", "6s", "吧", "!"], "买iPhone 6s吧!"),
        (["2004", "年", "3", "%"], "2004年3 %"),
        (["「", "Bonn", "」", ",", "ok"], "「Bonn」, ok"),
        (["カタカナ", "text", "ひらがな"], "カタカナtextひらがな"),
        (["서울", "에서"], "서울 에서"),
        (["𠮷", "x", "，", "y"], "𠮷x，y"),
        (list("生于1963年，PMP!!"), "生于1963年，PMP!!"),
        (["好", "❤\ufe0f", "o", "k"], "好❤\ufe0fok"),
        (list("I 2?".replace(" ", "")), "I 2 ?"),
        (["生于", "1", "9", "年"], "生于1 9年"),
        (["a", " ", "b"], "a b"),
        (["a", "　", "b"], "a　b"),
        (["one"], "one"),
        ([], ""),
    ],
)
def test_tokens_are_joined_as_they_are_written(tokens: list[str], text: str) -> None:
    found, starts = joined(tokens)
    assert found == text
    assert [found[s : s + len(t)] for s, t in zip(starts, tokens, strict=True)] == tokens
    assert located(tokens, text) == starts


@given(st.lists(st.text(st.sampled_from("a我，。 é\u0301👩‍"), min_size=1)))
def test_each_token_stands_at_its_start(tokens: list[str]) -> None:
    text, starts = joined(tokens)
    assert [text[s : s + len(t)] for s, t in zip(starts, tokens, strict=True)] == tokens


@pytest.mark.parametrize(
    ("tokens", "text", "told"),
    [
        (["a", "c"], "a b", "token 2, 'c', should follow in the text: 'b'"),
        (["a", "b"], "a", "token 2, 'b', should follow in the text: nothing more"),
        (["a"], "a b", "the text goes on behind the last token: 'b'"),
        (["a", "a"], "a xa", "token 2, 'a', should follow in the text: 'xa'"),
    ],
)
def test_tokens_of_another_text_are_told(tokens: list[str], text: str, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        located(tokens, text)


WHOLE = [
    "e\u0301",  # an accent of its own
    "ก\u0e33"[:1] + "\u0e34",  # a vowel above
    "क\u093e",  # a vowel sign
    "❤\ufe0f",
    "葛\U000e0100",
    "👍🏽",
    "👩\u200d💻",
    "1\ufe0f\u20e3",
    "🇩🇪",
    "🏴\U000e0067\U000e0062\U000e007f",
    "\u1112\u1161\u11ab",
    "می\u200c",
]


@pytest.mark.parametrize("whole", WHOLE)
def test_inside_one_character_is_no_edge(whole: str) -> None:
    text = f"a{whole}b"
    assert [splits_cluster(text, at) for at in range(2, 1 + len(whole))][-1]
    assert not splits_cluster(text, 1)
    assert not splits_cluster(text, 1 + len(whole))
    assert not splits_cluster(text, 0)
    assert not splits_cluster(text, len(text))


def test_characters_beside_each_other_may_be_parted() -> None:
    text = "我a👍🇩🇪🇫🇷 ❤é"
    inside = [at for at in range(len(text) + 1) if splits_cluster(text, at)]
    assert inside == [4, 6]  # between the halves of the flags
    assert not splits_cluster("a \u0301", 2)  # a token of a mark, behind the space between tokens


def test_offsets_of_javascript_become_those_of_code_points() -> None:
    text = "a👍b"
    assert [from_utf16(text, unit) for unit in range(-1, 6)] == [None, 0, 1, None, 2, 3, None]
