"""Answers that are numbers: whether the first option has 0 or 1."""

from __future__ import annotations

from pathlib import Path

import pytest
from choice_files import read, rows_of
from json_text import lines

from weitiao.errors import DataError

NUMBERS = {
    # answers of rows of three options → what they are, or what is said
    "from_0": ((0, 1, 2), "ABC"),
    "from_1": ((1, 2, 3), "ABC"),
    "undecided": ((1, 2, 1), "does the first option have 0 or 1"),
    "both": ((0, 1, 3), "0 in row 1, and in row 3 as many as there are options"),
}


@pytest.mark.parametrize("name", NUMBERS)
def test_numbers_count_from_where_all_of_a_file_say(name: str, tmp_path: Path) -> None:
    answers, said = NUMBERS[name]
    rows = [{"question": "q", "options": ["x", "y", "z"], "answer": each} for each in answers]
    (tmp_path / "my.jsonl").write_text(lines(*rows), "utf-8")
    if said == "ABC":
        assert [row[3] for row in rows_of(read(tmp_path / "my.jsonl"))] == [*said]
        return
    with pytest.raises(DataError, match=said):
        read(tmp_path / "my.jsonl")


def test_a_person_may_say_where_numbers_begin(tmp_path: Path) -> None:
    rows = [{"question": "q", "options": ["x", "y", "z"], "answer": each} for each in (1, 2, 1)]
    (tmp_path / "my.jsonl").write_text(lines(*rows), "utf-8")
    for first, letters in (("0", "BCB"), ("1", "ABA")):
        table = read(tmp_path / "my.jsonl", first_option=first)
        assert [row[3] for row in rows_of(table)] == [*letters]


def test_numbers_are_told_by_all_of_a_long_file(tmp_path: Path) -> None:
    rows = [{"question": "词" * 2000, "options": ["x", "y", "z"], "answer": 1} for _ in range(1500)]
    (tmp_path / "my.jsonl").write_text(lines(*rows, rows[0] | {"answer": 0}), "utf-8")
    letters = [row[3] for row in rows_of(read(tmp_path / "my.jsonl"))]
    assert letters == ["B"] * 1500 + ["A"]
