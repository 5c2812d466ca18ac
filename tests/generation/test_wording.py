"""Ids as text: what is shown while it grows is never taken back, and no character is torn."""

from __future__ import annotations

import pytest
from chat_models import chat_tokenizer
from hypothesis import given
from hypothesis import strategies as st

from weitiao.generation.wording import Said, Stream, Wording

TOKENIZER = chat_tokenizer(["好", "good stop", "STOP"], size=300)


def ids_of(text: str) -> list[int]:
    return TOKENIZER.encode(text).ids


def streamed(ids: list[int], *stop: str) -> tuple[list[str], Said]:
    pieces: list[str] = []
    stream = Stream(Wording(TOKENIZER, stop), pieces.append)
    heard: list[int] = []
    for index in ids:
        heard.append(index)
        if stream.hear(heard):
            break
    return pieces, stream.end(heard)


def test_hanzi_come_out_whole_though_their_bytes_are_apart() -> None:
    text = "龘好，𠮷 good"
    pieces, said = streamed(ids_of(text))
    assert len(ids_of("龘")) == 3
    assert said == Said(text, False, False)
    assert "".join(pieces) == text
    assert pieces[0] == "龘"
    assert not any("\ufffd" in piece for piece in pieces)


@pytest.mark.parametrize("missing", [1, 2])
def test_a_character_that_lacks_bytes_is_left_out_and_told(missing: int) -> None:
    pieces, said = streamed(ids_of("好龘")[:-missing])
    assert said == Said("好", True, False)
    assert "".join(pieces) == "好"


def test_bytes_that_never_are_a_character_stay() -> None:
    pieces, said = streamed([*ids_of("龘")[:1], *ids_of("a")])
    assert said == Said("\ufffda", False, False)
    assert "".join(pieces) == said.text


@pytest.mark.parametrize(
    ("text", "stop", "wanted"),
    [
        ("good stop here", ["stop"], "good "),
        ("good STOP here", ["stop", "STOP"], "good "),
        ("good stop", ["top", "stop"], "good "),  # where the first one begins
        ("good sto", ["stop"], "good sto"),
        ("一二三", ["二"], "一"),
        ("a\n\nb", ["\n\n"], "a"),
    ],
)
def test_a_text_ends_before_a_stop_string(text: str, stop: list[str], wanted: str) -> None:
    pieces, said = streamed(ids_of(text), *stop)
    assert "".join(pieces) == said.text == wanted
    assert said.stopped == (wanted != text)


@given(
    st.text("好龘𠮷 goST.\n", max_size=12),
    st.lists(st.text("好龘goST", min_size=1, max_size=3), max_size=2),
    st.lists(st.integers(3, 258), max_size=3),
)
def test_pieces_add_up_to_the_text(text: str, stop: list[str], more: list[int]) -> None:
    pieces, said = streamed([*ids_of(text), *more], *stop)
    assert "".join(pieces) == said.text
    assert not any(one in said.text for one in stop)
    if not more and not any(one in text for one in stop):
        assert said.text == text
