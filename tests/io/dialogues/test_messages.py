"""What comes before an answer, as a cell of a table."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from weitiao.io.dialogues.messages import ROLES, Message, as_cell, messages_in

MESSAGES = st.builds(Message, st.sampled_from(ROLES), st.text(max_size=20), st.booleans())


@given(st.lists(MESSAGES, min_size=1, max_size=4))
def test_messages_come_back_from_their_cell(messages: list[Message]) -> None:
    assert messages_in(as_cell(messages)) == messages


def test_what_a_user_says_alone_is_the_cell_itself() -> None:
    assert as_cell([Message("user", "你好[1]")]) == "你好[1]"


def test_a_text_that_reads_as_a_conversation_is_told_from_one() -> None:
    text = as_cell([Message("system", "短"), Message("user", "你好")])
    cell = as_cell([Message("user", text)])
    assert cell != text
    assert messages_in(cell) == [Message("user", text)]


@pytest.mark.parametrize(
    "text",
    [
        *("你好", "[1, 2]", "[]", "[", "[{}]", '[{"role": "user"}]', "null", "007", '"a"', ""),
        '[{"role": "human", "content": "x"}]',
        '[{"role": "user", "content": 7}]',
        '[{"role": "user", "content": "x", "learn": 1}]',
        '[{"role": "user", "content": "x", "name": "y"}]',
        '{"role": "user", "content": "x"}',
        "[" * 100_000 + "]",
    ],
)
def test_what_is_no_such_list_is_a_text(text: str) -> None:
    assert messages_in(text) == [Message("user", text)]
    assert as_cell([Message("user", text)]) == text


def test_what_is_not_to_be_learned_is_marked() -> None:
    messages = [Message("user", "甲"), Message("assistant", "乙", learn=False), Message("user", "")]
    assert [each.get("learn") for each in json.loads(as_cell(messages))] == [None, False, None]
