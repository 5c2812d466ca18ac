"""What is noted of conversations that are read: columns, keys, what was joined or left out."""

from __future__ import annotations

from pathlib import Path

import pytest
from dialogue_files import read, rows_of, said
from dialogue_forms import of_sharegpt, openai
from json_text import as_json, lines


def test_what_is_found_and_done_is_noted(tmp_path: Path) -> None:
    turns: list[tuple[str, str]] = [
        *(("system", "a"), ("system", ""), ("human", "b"), ("human", "c"), ("gpt", "d")),
        *(("gpt", "e"), ("human", " "), ("gpt", "f"), ("human", "g")),
    ]
    value = {"conversations": [{"from": n, "value": t, "time": 1} for n, t in turns]}
    (tmp_path / "my.jsonl").write_text(lines(value), "utf-8")
    notes: list[str] = []
    found = rows_of(read(tmp_path / "my.jsonl", notes))
    assert found == [said("b\nc", "d\ne", " ", "f", system="a")]
    told = "\n".join(notes)
    for part in (
        "conversations are read from 'conversations'",
        "of a message, 'from' says who speaks, and 'value' what",
        "who speaks: 'human' is the user, 'gpt' is the assistant",
        "keys of messages that aren't read: 'time': 1 (first: row 1)",
        "of the user that follow each other, joined by a line break: 1 (first: row 1, 'c')",
        "answers that follow each other, joined by a line break: 1",
        "system messages that are empty, left out: 1",
        "messages of the user that are empty: 1",
        "messages behind the last answer, left out: 1 (first: row 1, 'g')",
    ):
        assert part in told, told


def test_rows_of_other_keys_are_counted(tmp_path: Path) -> None:
    """They are read all the same, but nobody should have to guess by what."""
    other = of_sharegpt(said("a", "b"))["conversations"]
    timed = [{"role": m.role, "content": m.content, "time": 1} for m in said("c", "d")]
    rows = [openai(said("e", "f")), other, ["g", "h"], timed, timed, other]
    (tmp_path / "my.jsonl").write_text(lines(*({"messages": row} for row in rows)), "utf-8")
    notes: list[str] = []
    assert len(rows_of(read(tmp_path / "my.jsonl", notes))) == len(rows)
    told = "\n".join(notes)
    for part in (
        ": of a message, 'role' says who speaks, and 'content' what\n",
        "rows of other keys, where 'from' says who speaks, and 'value' what: 2 (first: row 2)",
        "rows of other keys, where messages name no speaker: user and assistant take turns: 1"
        " (first: row 3)",
        "keys of messages that aren't read: 'time': 2 (first: row 4)",
    ):
        assert part in told, told


def test_columns_that_are_read_are_noted(tmp_path: Path) -> None:
    rows = [{"instruction": "a", "input": "b", "output": "c", "system": "", "tools": "x"}]
    (tmp_path / "my.json").write_text(as_json(rows), "utf-8")
    notes: list[str] = []
    read(tmp_path / "my.json", notes)
    assert "the column 'tools' isn't read" in notes[0]
    assert "prompts are read from 'instruction', 'input', answers from 'output'" in notes[1]


@pytest.mark.parametrize("prompt", ["question", "instruction"])
def test_a_context_that_is_not_read_is_noted(prompt: str, tmp_path: Path) -> None:
    rows = [{prompt: "a", "context": "b", "answer": "c"}]
    (tmp_path / "my.json").write_text(as_json(rows), "utf-8")
    notes: list[str] = []
    found = rows_of(read(tmp_path / "my.json", notes))
    assert found == [said("a" if prompt == "question" else "a\nb", "c")]
    told = "the column 'context' isn't read: it follows a prompt that is called 'instruction'"
    assert (told in "\n".join(notes)) == (prompt == "question")


def test_ours_is_read_without_a_note(tmp_path: Path) -> None:
    (tmp_path / "my.csv").write_text("text,label\na,b\n", "utf-8")
    notes: list[str] = []
    read(tmp_path / "my.csv", notes)
    assert not notes
