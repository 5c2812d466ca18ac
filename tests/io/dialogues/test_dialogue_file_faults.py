"""Files of conversations at fault: rows of another form, encodings, cells, columns, roles."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from dialogue_files import A, U, read, rows_of, said
from json_text import as_json, lines

from weitiao.errors import ConfigError, DataError
from weitiao.io.tables import Reader


def test_rows_of_another_form_are_told_by_what_they_have(tmp_path: Path) -> None:
    rows = [{"messages": [U, A]}, {"instruction": "a", "output": "b"}]
    (tmp_path / "my.jsonl").write_text(lines(*rows), "utf-8")
    said_of_it = "'messages' is missing in this row, .* it has 'instruction', 'output'"
    with pytest.raises(DataError, match=said_of_it) as error:
        read(tmp_path / "my.jsonl")
    assert error.value.row == 2


def test_a_row_of_another_form_far_below_is_a_bad_row_alone(tmp_path: Path) -> None:
    """Longer than a block: the first one doesn't know of it."""
    row = {"instruction": "长" * 50_000, "output": "好"}
    (tmp_path / "my.jsonl").write_text(lines(*[row] * 60, {"messages": [U, A]}, row), "utf-8")
    with pytest.raises(DataError, match="'instruction' is missing in this row") as error:
        read(tmp_path / "my.jsonl")
    assert error.value.row == 61
    assert read(tmp_path / "my.jsonl", on_bad_row="quarantine").num_rows == 61


def test_a_column_far_below_that_nobody_expects_is_told(tmp_path: Path) -> None:
    row = {"instruction": "长" * 50_000, "input": "", "output": "好"}
    last = row | {"system_prompt": "短"}
    (tmp_path / "my.jsonl").write_text(lines(*[row] * 60, last), "utf-8")
    with pytest.raises(DataError, match="no row before has this") as error:
        read(tmp_path / "my.jsonl")
    assert (error.value.row, error.value.column) == (61, "system_prompt")


def test_a_broken_escape_is_told_with_its_line(tmp_path: Path) -> None:
    broken = '{"messages": [{"role": "user", "content": "\\u4f6"}]}'
    (tmp_path / "my.jsonl").write_text(f"{lines({'messages': [U, A]})}{broken}\n", "utf-8")
    with pytest.raises(DataError, match=r"not JSON: Invalid .*escape") as error:
        read(tmp_path / "my.jsonl")
    assert error.value.row == 2
    assert read(tmp_path / "my.jsonl", on_bad_row="quarantine").num_rows == 1


def test_bytes_of_another_encoding_are_told(tmp_path: Path) -> None:
    rows = [as_json({"messages": [U, A]}).encode() for _ in range(9)]
    rows.insert(4, rows[0].replace("在吗".encode(), b"\xd4\xda"))
    (tmp_path / "my.jsonl").write_bytes(b"\n".join(rows))
    with pytest.raises(DataError, match="these bytes are not utf-8") as error:
        read(tmp_path / "my.jsonl", encoding="utf-8")
    assert error.value.row == 5
    assert read(tmp_path / "my.jsonl", encoding="utf-8", on_bad_row="quarantine").num_rows == 9


@pytest.mark.parametrize(
    "cell",
    [
        *('[{"role": "user", "content": "\\u4f6"}]', '[{"role": "user", "content": "\\d"}]'),
        *('[{"role": "user"', "[{'role': 'user', 'content': f()}]", "[" * 100_000, "{}}"),
        "[{'role': 'user', 'content': '\\u4f6'}]",
    ],
)
def test_a_broken_cell_of_messages_is_told(cell: str, tmp_path: Path) -> None:
    quoted = cell.replace('"', '""')
    (tmp_path / "my.csv").write_text(f'messages\n"{quoted}"\n', "utf-8")
    with pytest.raises(DataError, match="no list of messages, nor JSON") as error:
        read(tmp_path / "my.csv")
    assert (error.value.row, error.value.column) == (2, "messages")


@pytest.mark.parametrize("text", ["[1] 好", '[{"role"] is what?', '[{"a": 1}]', "['x']", "[", "[]"])
def test_a_cell_that_begins_like_a_list_is_a_text(text: str, tmp_path: Path) -> None:
    cell = text.replace('"', '""')
    (tmp_path / "my.csv").write_text(f'prompt,response\n"{cell}","{cell}"\n', "utf-8")
    assert rows_of(read(tmp_path / "my.csv")) == [said(text, text)]


FILES: dict[str, tuple[str, Any, str]] = {
    # name → column, first row, what is said beside
    "messages_as_rows": ("text", {"role": "user", "content": "x"}, "each row is a message"),
    "unknown": ("text", {"ask": "x", "reply": "y"}, "docs/data.md lists"),
    "no_answer": ("text", {"prompt": "x", "note": "y"}, "docs/data.md lists"),
}


@pytest.mark.parametrize("name", FILES)
def test_a_file_without_conversations_says_what_is_missing(name: str, tmp_path: Path) -> None:
    column, row, said_of_it = FILES[name]
    (tmp_path / "my.json").write_text(as_json([row]), "utf-8")
    with pytest.raises(DataError, match="no such column") as error:
        read(tmp_path / "my.json")
    assert error.value.column == column
    assert said_of_it in str(error.value.hint)


def test_an_unknown_role_shows_the_way_out(tmp_path: Path) -> None:
    turns = [{"role": "客服", "content": "x"}]
    (tmp_path / "my.jsonl").write_text(lines({"messages": turns}), "utf-8")
    with pytest.raises(DataError) as error:
        read(tmp_path / "my.jsonl")
    assert """{--roles} '{"客服": "user"}', or whichever it is""" in str(error.value.hint)


def test_a_reader_refuses_roles_of_what_is_no_conversation() -> None:
    with pytest.raises(ConfigError, match="has an effect on conversations only"):
        Reader(roles={"客服": "assistant"})


@pytest.mark.parametrize(
    ("row", "shown", "hint"),
    [
        ({"foo": "x", "bar": "y"}, "the columns are 'foo', 'bar'$", "docs/data.md lists"),
        ({"question": "x"}, "the columns are 'question'$", "'question' is a prompt.*label NAME"),
    ],
)
def test_columns_that_are_none_are_told_by_those_there_are(
    row: dict[str, str], shown: str, hint: str, tmp_path: Path
) -> None:
    (tmp_path / "my.jsonl").write_text(as_json(row), "utf-8")
    with pytest.raises(DataError) as error:
        read(tmp_path / "my.jsonl")
    problem, way_out = str(error.value).split("\n")
    assert re.search(shown, problem)
    assert re.search(hint, way_out)
