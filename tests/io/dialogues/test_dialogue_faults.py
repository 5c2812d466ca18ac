"""Rows from which no answer can be learned: what is said of each, and that others are kept."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from dialogue_files import A, U, read, rows_of, said
from json_text import as_json

from weitiao.errors import DataError

S, T = {"role": "system", "content": "短"}, {"role": "tool", "content": "7"}
PICTURE = {"type": "image_url", "image_url": {"url": "x.png"}}
CONVERSATIONS: dict[str, tuple[Any, str]] = {
    # name → messages, what is said
    "no_such_role": ([{"role": "客服", "content": "x"}, A], "message 1 is of '客服', which is no"),
    "no_role": ([{"content": "x"}, A], "message 1 doesn't say who speaks: it has no 'role'"),
    "a_number_as_role": ([U, {"role": 1, "content": "x"}], "message 2 is of 1, which is no role"),
    "empty_answer": ([U, {"role": "assistant", "content": " \n"}], "answer in message 2 is empty"),
    "empty_answer_before": ([U, A | {"content": ""}, U, A], "the answer in message 2 is empty"),
    "assistant_first": ([A, U, A], "begins with an answer, and not with the user"),
    "assistant_alone": ([A], "begins with an answer, and not with the user"),
    "assistant_behind_system": ([S, A], "begins with an answer, and not with the user"),
    "tool_first": ([T, A], "begins with what a tool says"),
    "tool_behind_user": ([U, T, A], "a tool speaks though no answer has called it"),
    "system_in_the_middle": ([U, A, S, U, A], "a system message stands in the middle"),
    "system_alone": ([S], "nothing is asked in the conversation"),
    "no_answer": ([U], "there is no answer in the conversation"),
    "nothing": ([], "the conversation is empty"),
    "null": (None, "'messages' is missing in this row"),
    "a_text": ("在吗", "no list of messages, nor JSON"),
    "a_number": (7, "'7' is no list of messages"),
    "an_object": ({"role": "user"}, "is no list of messages"),
    "no_objects": ([U, "在"], "message 2 is '在', no object"),
    "a_null_in_it": ([U, None], "message 2 is None, no object"),
    "no_content": ([U, {"role": "assistant"}], "message 2 says nothing: its 'content' is m"),
    "null_content": ([U, A | {"content": None}], "message 2 says nothing: its 'content' is n"),
    "an_object_as_content": ([U, A | {"content": {"a": 1}}], r"message 2 is \{'a': 1\}, which is"),
    "several_texts": ([U | {"content": ["奶", "蛋"]}, A], "message 1 is .*奶.*, which is no text"),
    "a_picture": ([U | {"content": [PICTURE]}, A], "message 1 has a part that is no text: 'image"),
    "a_call": (
        [U, A | {"content": None, "tool_calls": [{"id": "1"}]}, T, A],
        "message 2 calls a tool and says nothing",
    ),
    "no_keys": (
        [{"a": "x", "b": "y"}, {"a": "z", "b": "y"}],
        "no key of the messages is what is said: 'a'",
    ),
    "null_contents": (
        [U | {"content": None, "name": "x"}],
        "message 1 says nothing: its 'content'",
    ),
    "speakers": (
        [{"name": n, "text": "x"} for n in ("甲", "乙", "甲")],
        "values of 'name', such as '甲', are no roles",
    ),
    "unlike": ([U, A, A | {"learn": False}], "two answers in a row, message 2 and 3, one is to"),
    "unlearned": ([U, A | {"learn": False}], "the last answer is marked as one not to learn"),
    "no_mark": ([U, A | {"learn": "no"}], "'learn' of message 2 is 'no', not true or false"),
    "surrogate": ([U, A | {"content": "\ud83d"}], "half a surrogate pair"),
}


def dumped(value: Any) -> str:
    """As JSON, half a surrogate pair escaped."""
    try:
        return as_json(value).encode().decode()
    except UnicodeEncodeError:
        return json.dumps(value)


@pytest.mark.parametrize("name", CONVERSATIONS)
def test_a_conversation_at_fault_is_told_with_its_place(name: str, tmp_path: Path) -> None:
    messages, said_of_it = CONVERSATIONS[name]
    good = {"messages": [U, A]}
    content = f"{as_json(good)}\n{dumped({'messages': messages})}\n"
    (tmp_path / "my.jsonl").write_text(content, "utf-8")
    with pytest.raises(DataError, match=said_of_it) as error:
        read(tmp_path / "my.jsonl")
    assert (error.value.row, error.value.column) == (2, "messages")
    assert str(error.value.file).endswith("my.jsonl")
    assert len(str(error.value)) < 600
    assert rows_of(read(tmp_path / "my.jsonl", on_bad_row="quarantine")) == [said("在吗", "在")]
    (bad,) = map(json.loads, (tmp_path / "bad.jsonl").read_text("utf-8").splitlines())
    assert bad["row"] == 2
    assert json.loads(bad["raw"])["messages"] == messages


ROWS: dict[str, tuple[dict[str, Any], dict[str, Any], str, str]] = {
    # name → a good row, what is other in a bad one, the column at fault, what is said
    "two_inputs": (
        {"instruction": "a", "input": "b", "output": "c"},
        {"input": ["milk", "eggs"]},
        "input",
        "no text",
    ),
    "empty_output": ({"instruction": "a", "output": "b"}, {"output": " "}, "output", "is empty"),
    "no_output": ({"instruction": "a", "output": "b"}, {"output": None}, "output", "is missing"),
    "no_prompt": ({"prompt": "a", "completion": "b"}, {"prompt": None}, "prompt", "is missing in"),
    "answers": ({"question": "a", "answer": ["b"]}, {"answer": ["b", "c"]}, "answer", "neither a"),
    "no_answers": ({"question": "a", "answer": ["b"]}, {"answer": []}, "answer", "neither a"),
    "objects": (
        {"prompt": "a", "completion": "b"},
        {"completion": [{"x": "y"}]},
        "completion",
        "neither a text nor",
    ),
    "a_user_answers": (
        {"prompt": "a", "completion": [A]},
        {"completion": [U]},
        "completion",
        "the answer begins with a message of the user, not of the assistant",
    ),
    "answered": (
        {"prompt": [U], "completion": [A]},
        {"prompt": [U, A]},
        "prompt",
        "another one follows",
    ),
    "history": (
        {"query": "a", "response": "b", "history": []},
        {"history": [["x"]]},
        "history",
        "no pair",
    ),
    "history_role": (
        {"query": "a", "response": "b", "history": []},
        {"history": [{"role": "客服", "content": "x"}]},
        "history",
        "message 1 is of '客服'",
    ),
    "history_text": (
        {"query": "a", "response": "b", "history": ""},
        {"history": "x"},
        "history",
        "no list of messages",
    ),
    "history_empty": (
        {"query": "a", "response": "b", "history": []},
        {"history": [["x", ""]]},
        "history",
        "answer in message 2 is empty",
    ),
    "history_begins_with_an_answer": (
        {"query": "a", "response": "b", "history": []},
        {"history": [A]},
        "history",
        "begins with an answer",
    ),
    "history_of_a_system": (
        {"query": "a", "response": "b", "history": []},
        {"history": [U, A, S]},
        "history",
        "in the middle",
    ),
    "unlearned_completion": (
        {"prompt": [U], "completion": [A]},
        {"completion": [A | {"learn": False}]},
        "completion",
        "marked as one not to learn",
    ),
    "empty_completion": (
        {"prompt": [U], "completion": [A]},
        {"completion": [A | {"content": " "}]},
        "completion",
        "the answer in message 1 is empty",
    ),
    "input": (
        {"instruction": "a", "input": "", "output": "b"},
        {"input": {"x": 1}},
        "input",
        "no text",
    ),
    "system": (
        {"query": "a", "response": "b", "system": ""},
        {"system": ["x", 1]},
        "system",
        "no text",
    ),
    "broken": (
        {"prompt": "a", "completion": "b"},
        {"prompt": '[{"role": "user", "content": "x'},
        "prompt",
        "begins like messages",
    ),
    "half_an_answer": (
        {"prompt": "a", "completion": "b"},
        {"completion": "\ud83d"},
        "completion",
        "half a surrogate pair",
    ),
}


@pytest.mark.parametrize("name", ROWS)
def test_a_row_at_fault_is_told_with_its_column(name: str, tmp_path: Path) -> None:
    good, other, column, said_of_it = ROWS[name]
    content = f"{as_json(good)}\n{dumped({**good, **other})}\n"
    (tmp_path / "my.jsonl").write_text(content, "utf-8")
    with pytest.raises(DataError, match=said_of_it) as error:
        read(tmp_path / "my.jsonl")
    assert (error.value.row, error.value.column) == (2, column)
    assert read(tmp_path / "my.jsonl", on_bad_row="quarantine").num_rows == 1
