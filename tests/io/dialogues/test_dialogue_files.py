"""Conversations in the forms in which data sets are published."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from dialogue_files import COLUMNS, Conversation, cells, drawn, read, rows_of, said
from dialogue_forms import FORMS, of_sgd, of_sharegpt, openai
from json_text import as_json, lines

from weitiao.io.dialogues.messages import Message
from weitiao.io.tables import Reader


@pytest.mark.parametrize("suffix", ["jsonl", "json", "lines.json"])
@pytest.mark.parametrize("name", FORMS)
def test_what_is_said_comes_back(name: str, suffix: str, tmp_path: Path) -> None:
    write, system = FORMS[name]
    conversations = drawn(60, system=system)
    values = [*map(write, conversations)]
    path = tmp_path / f"my.{suffix}"
    path.write_text(as_json(values) if suffix == "json" else lines(*values), "utf-8")
    assert rows_of(read(path)) == conversations


ONE_TURN = {
    # columns of prompt and answer in one turn
    "gsm8k": ("question", "answer"),
    "ours": ("text", "label"),
    "texts": ("prompt", "completion"),
    "instructions": ("instruction", "response"),
    "inputs": ("input", "output"),
    "chinese": ("问题", "答案"),
}


@pytest.mark.parametrize("suffix", ["jsonl", "csv", "parquet", "semicolon.csv"])
@pytest.mark.parametrize("name", ONE_TURN)
def test_a_prompt_and_its_answer_come_back(name: str, suffix: str, tmp_path: Path) -> None:
    conversations = drawn(60, system=False, turns=1)
    header, path = ONE_TURN[name], tmp_path / f"my.{suffix}"
    rows = [[asked.content, answered.content] for asked, answered in conversations]
    if suffix == "jsonl":
        path.write_text(lines(*(dict(zip(header, row, strict=True)) for row in rows)), "utf-8")
    elif suffix == "parquet":
        pq.write_table(pa.table([*zip(*rows, strict=True)], [*header]), path)
    else:
        path.write_text(cells([header, *rows], ";" if "semi" in suffix else ","), "utf-8")
    assert rows_of(read(path)) == conversations


@pytest.mark.parametrize("suffix", ["csv", "parquet", "xlsx"])
@pytest.mark.parametrize("write", [as_json, repr], ids=["json", "python"])
def test_messages_come_back_from_cells(
    write: Callable[[Any], str], suffix: str, tmp_path: Path
) -> None:
    conversations, path = drawn(40), tmp_path / f"my.{suffix}"
    values = [write(openai(each)) for each in conversations]
    if suffix == "csv":
        path.write_text(
            cells([["id", "messages"], *([str(i), v] for i, v in enumerate(values))]), "utf-8"
        )
    elif suffix == "parquet":
        pq.write_table(pa.table({"messages": values}), path)
    else:
        from openpyxl import Workbook

        book = Workbook()
        for row in (["no", "messages"], *([i, value] for i, value in enumerate(values))):
            book.active.append(row)
        book.save(path)
    assert rows_of(read(path)) == conversations


def test_messages_come_back_from_lists_of_parquet(tmp_path: Path) -> None:
    conversations = drawn(40)
    pq.write_table(pa.table({"messages": [*map(openai, conversations)]}), tmp_path / "my.parquet")
    assert rows_of(read(tmp_path / "my.parquet")) == conversations


def test_two_forms_of_messages_may_stand_in_one_file_of_parquet(tmp_path: Path) -> None:
    """There, each message has the keys of all of them."""
    other = {"from": None, "value": None, "role": None, "content": None}
    conversations = drawn(20)
    cells = [
        [other | turn for turn in (of_sharegpt(each)["conversations"] if i % 2 else openai(each))]
        for i, each in enumerate(conversations)
    ]
    pq.write_table(pa.table({"messages": cells}), tmp_path / "my.parquet")
    notes: list[str] = []
    assert rows_of(read(tmp_path / "my.parquet", notes)) == conversations
    assert "aren't read" not in "\n".join(notes)


def test_rows_of_a_query_are_read(tmp_path: Path) -> None:
    conversations = drawn(20)
    with sqlite3.connect(tmp_path / "my.db") as connection:
        connection.execute("CREATE TABLE talks (no, messages)")
        rows = [(i, as_json(openai(each))) for i, each in enumerate(conversations)]
        connection.executemany("INSERT INTO talks VALUES (?, ?)", rows)
    connection.close()
    reader = Reader(COLUMNS, cells="reply", database=str(tmp_path / "my.db"))
    query = "SELECT messages FROM talks ORDER BY no"
    assert rows_of(reader.read(query, tmp_path / "out.arrow")) == conversations


def test_what_was_read_is_read_again_as_it_is(tmp_path: Path) -> None:
    conversations = drawn(60)
    (tmp_path / "my.jsonl").write_text(lines(*({"messages": openai(c)} for c in conversations)))
    rows = read(tmp_path / "my.jsonl").to_pylist()
    content = cells([("text", "label"), *((row["text"], row["label"]) for row in rows)])
    (tmp_path / "again.csv").write_text(content, "utf-8")
    assert rows_of(read(tmp_path / "again.csv")) == conversations


EXAMPLES: dict[str, tuple[Any, Conversation]] = {
    # name → a row, what it says
    "input_behind_instruction": (
        {"instruction": "翻译", "input": "你好", "output": "Hello"},
        said("翻译\n你好", "Hello"),
    ),
    "input_alone": ({"instruction": "", "input": "你好", "output": "Hi"}, said("你好", "Hi")),
    "dolly": (
        {"instruction": "Who?", "context": "A cat sat.", "response": "A cat", "category": "qa"},
        said("Who?\nA cat sat.", "A cat"),
    ),
    "history_of_messages": (
        {"query": "b", "response": "B", "history": openai(said("a", "A"))},
        said("a", "A", "b", "B"),
    ),
    "an_answer_to_a_tool": (
        {
            "messages": [
                {"role": "user", "content": "几点？"},
                {"role": "assistant", "content": "time()"},
                {"role": "tool", "content": "12:00", "tool_call_id": "1"},
                {"role": "assistant", "content": "十二点。"},
            ]
        },
        [*said("几点？", "time()"), Message("tool", "12:00"), Message("assistant", "十二点。")],
    ),
    "numbers": (
        {"messages": [{"role": "user", "content": 7e2}, {"role": "bot", "content": 10**400}]},
        said("700", str(10**400)),
    ),
    "one_text_in_a_list": ({"question": "选？", "answer": ["D"]}, said("选？", "D")),
    "json_as_answer": (
        {"prompt": "找地名：北京", "completion": '[{"text": "北京", "type": "LOC"}]'},
        said("找地名：北京", '[{"text": "北京", "type": "LOC"}]'),
    ),
    "json_as_prompt": (
        {"prompt": '[{"role": "admin", "content": "x"}]', "completion": "谁？"},
        said('[{"role": "admin", "content": "x"}]', "谁？"),
    ),
    "messages_of_a_user_as_answer": (
        {"prompt": "写", "completion": '[{"role": "user", "content": "x"}]'},
        said("写", '[{"role": "user", "content": "x"}]'),
    ),
    "unknown_keys": (
        {"messages": [{"who": "user", "words": "a"}, {"who": "bot", "words": "b"}]},
        said("a", "b"),
    ),
    "a_longest_turn": (
        {"messages": openai(said("长" * 1_000_000, "好" * 1_000_000))},
        said("长" * 1_000_000, "好" * 1_000_000),
    ),
    "marked": (
        {
            "messages": [
                {"role": "user", "content": "a"},
                {"role": "assistant", "content": "b", "weight": 0},
                {"role": "user", "content": "c"},
                {"role": "assistant", "content": "d", "weight": 1},
            ]
        },
        [Message("user", "a"), Message("assistant", "b", learn=False), *said("c", "d")],
    ),
    "firefly": (
        {"conversation": [{"human": "a", "assistant": "b"}, {"human": "c", "assistant": "d"}]},
        said("a", "b", "c", "d"),
    ),
    "system_in_both": (
        {
            "system": "短",
            "conversations": of_sharegpt(said("a", "b", system="短"))["conversations"],
        },
        said("a", "b", system="短"),
    ),
}


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_row_is_read(name: str, tmp_path: Path) -> None:
    value, messages = EXAMPLES[name]
    (tmp_path / "my.jsonl").write_text(lines(value), "utf-8")
    assert rows_of(read(tmp_path / "my.jsonl")) == [messages]


def test_a_column_that_later_rows_have_is_read(tmp_path: Path) -> None:
    """Longer than a block: the first one doesn't know of it."""
    first = {"query": "长" * 50_000, "response": "好"}
    last = {"query": "b", "response": "B", "system": "短", "history": [["a", "A"]]}
    (tmp_path / "my.jsonl").write_text(lines(*[first] * 60, last), "utf-8")
    assert rows_of(read(tmp_path / "my.jsonl"))[-1] == said("a", "A", "b", "B", system="短")


def test_names_of_roles_are_mapped(tmp_path: Path) -> None:
    turns = [{"role": "客户", "content": "在吗"}, {"role": "SYSTEM", "content": "在"}]
    (tmp_path / "my.jsonl").write_text(lines({"messages": turns}), "utf-8")
    notes: list[str] = []
    found = read(tmp_path / "my.jsonl", notes, roles={"客户": "user", "system": "assistant"})
    assert rows_of(found) == [said("在吗", "在")]
    assert "who speaks: '客户' is the user, 'SYSTEM' is the assistant" in "\n".join(notes)


def test_columns_and_keys_of_any_names_are_mapped(tmp_path: Path) -> None:
    turns = [{"name": "甲", "said": "在吗"}, {"name": "乙", "said": "在"}]
    (tmp_path / "my.json").write_text(as_json([{"no": 1, "talk": turns}]), "utf-8")
    columns = {"text": "talk", "label": "label"}
    found = read(tmp_path / "my.json", columns=columns, roles={"甲": "user", "乙": "assistant"})
    assert rows_of(found) == [said("在吗", "在")]


@pytest.mark.parametrize(
    ("columns", "messages"),
    [
        ({"text": "q2", "label": "a2"}, said("c", "d")),
        ({"text": "q2", "label": "label"}, said("c", "b")),
        ({"text": "text", "label": "a2"}, said("a", "d")),
    ],
)
def test_columns_are_named(columns: dict[str, str], messages: Conversation, tmp_path: Path) -> None:
    (tmp_path / "my.csv").write_text("question,answer,q2,a2\na,b,c,d\n", "utf-8")
    assert rows_of(read(tmp_path / "my.csv", columns=columns)) == [messages]


def test_other_columns_come_along(tmp_path: Path) -> None:
    (tmp_path / "my.jsonl").write_text(lines(of_sgd(said("a", "b"))), "utf-8")
    columns = {"text": "text", "label": "label", "group": "dialogue_id", "id": "dialogue_id"}
    (row,) = read(tmp_path / "my.jsonl", columns=columns).to_pylist()
    assert (row["group"], row["id"]) == ("1_0", "1_0")
