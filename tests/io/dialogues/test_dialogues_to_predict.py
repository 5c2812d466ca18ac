"""Conversations whose answer is to be predicted."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from dialogue_files import COLUMNS, Conversation, cells, read, rows_of, said
from dialogue_forms import of_kdconv, of_sgd, of_sharegpt, openai
from json_text import as_json, lines

from weitiao.errors import DataError
from weitiao.inputs.chat import Chat
from weitiao.io.dialogues.messages import messages_in
from weitiao.io.tables import Reader

TO_PREDICT: dict[str, tuple[Any, Conversation]] = {
    "messages": ({"messages": openai(said("a", "b", "c"))}, said("a", "b", "c")),
    "answered": ({"messages": openai(said("a", "b", "c", "d"))}, said("a", "b", "c")),
    "place_for_an_answer": (
        {"messages": [*openai(said("a", "b", "c")), {"role": "assistant", "content": ""}]},
        said("a", "b", "c"),
    ),
    "alpaca": ({"instruction": "a", "input": "b"}, said("a\nb")),
    "alpaca_with_output": ({"instruction": "a", "input": "", "output": "c"}, said("a")),
    "question": ({"question": "a", "answer": "b"}, said("a")),
    "kdconv": (of_kdconv(said("a", "b", "c")), said("a", "b", "c")),
    "text": ({"text": "a"}, said("a")),
    "text_of_messages": ({"text": as_json(openai(said("a", system="b")))}, said("a", system="b")),
}


@pytest.mark.parametrize("name", TO_PREDICT)
def test_rows_without_an_answer_are_read_for_predictions(name: str, tmp_path: Path) -> None:
    value, messages = TO_PREDICT[name]
    (tmp_path / "my.jsonl").write_text(lines(value), "utf-8")
    reader = Reader(COLUMNS, cells="reply").without_labels()
    notes: list[str] = []
    table = reader.read([str(tmp_path / "my.jsonl")], tmp_path / "out.arrow", notes=notes)
    assert "label" not in table.column_names
    assert rows_of(table) == [messages]
    assert any("have their answer, which is left out" in each for each in notes) == (
        name in ("answered", "place_for_an_answer")
    )


def test_conversations_of_any_name_are_read_for_predictions(tmp_path: Path) -> None:
    values = [of_kdconv(said("a", "b", "c")), of_sgd(said("a", "b", "c"))]
    rows = [{"talk": each.get("messages") or each["turns"]} for each in values]
    (tmp_path / "my.jsonl").write_text(lines(*rows), "utf-8")
    (tmp_path / "my.csv").write_text(cells([["talk"], [as_json(rows[1]["talk"])]]), "utf-8")
    for name, count in (("my.jsonl", 2), ("my.csv", 1)):
        table = read(tmp_path / name, columns={"text": "talk"})
        assert rows_of(table) == [said("a", "b", "c")] * count


def test_lines_of_text_are_prompts(tmp_path: Path) -> None:
    (tmp_path / "my.txt").write_text("你好\n[1] 好\n", "utf-8")
    table = read(tmp_path / "my.txt", format="lines", columns={"text": "text"})
    assert rows_of(table) == [said("你好"), said("[1] 好")]


GIVEN: dict[str, tuple[Any, Conversation]] = {
    "messages": (openai(said("a", "b", "c", system="短")), said("a", "b", "c", system="短")),
    "answered": (openai(said("a", "b")), said("a")),
    "one": (openai(said("a"))[0], said("a")),
    "sharegpt": (of_sharegpt(said("a", "b", "c"))["conversations"], said("a", "b", "c")),
    "with_a_key_more": ([{"role": "user", "content": "a", "name": "x"}], said("a")),
    "texts": (["a", "b", "c"], said("a", "b", "c")),
    "text": ("a", said("a")),
}


@pytest.mark.parametrize("name", GIVEN)
def test_what_a_program_gives_is_what_a_file_would(name: str) -> None:
    value, messages = GIVEN[name]
    assert messages_in(Chat(tokenizer="any").cell("text", value)) == messages


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ([], "the conversation is empty"),
        ([{"role": "客服", "content": "x"}], "message 1 is of '客服'"),
        (openai(said("a", "b"))[1:], "begins with an answer"),
        ({"x": 1}, "no key of the messages is what is said: 'x'"),
    ],
)
def test_a_program_is_told_what_is_no_conversation(value: Any, told: str) -> None:
    with pytest.raises(DataError, match=told) as error:
        Chat(tokenizer="any", text="talk").cell("text", value)
    assert error.value.column == "talk"
