"""Rows of which nothing can be chosen: what is said of each, and that others are kept."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from choice_files import read, rows_of
from json_text import lines

from weitiao.errors import ConfigError, DataError
from weitiao.io.tables import Reader

AB = ["猫", "狗"]
GOOD = {"question": "谁？", "options": AB, "answer": "A"}
IN_TEXT = "下列正确的是\nA．猫 B．狗\nC．鱼"
ROWS: dict[str, tuple[dict[str, Any], str, str]] = {
    # name → what is other in a row, the column at fault, what is said
    "no_such_letter": ({"answer": "C"}, "answer", "the answer 'C' is none of the options, A, B"),
    "no_such_text": ({"answer": "鱼"}, "answer", "'鱼' is none of the options, A, B, nor the text"),
    "none": ({"answer": None}, "answer", "there is no answer"),
    "empty": ({"answer": " "}, "answer", "there is no answer"),
    "two_answers": ({"answer": ["A", "B"]}, "answer", r"\['A', 'B'\] is not one answer"),
    "one_option": ({"options": ["猫"]}, "options", "needs two options to choose from, and has 1"),
    "no_option": ({"options": []}, "options", "needs two options to choose from, and has 0"),
    "missing": ({"options": None}, "options", "the options are missing"),
    "a_text": ({"options": "猫 狗"}, "options", "'猫 狗' is no list of options"),
    "empty_option": ({"options": ["猫", " "]}, "options", "option B is empty"),
    "no_text": ({"options": ["猫", None]}, "options", "an option is None, which is no text"),
    "many": ({"options": [*map(str, range(27))]}, "options", "27 options are more than the 26"),
    "no_question": ({"question": None}, "question", "the question is missing"),
    "in_the_text": (
        {"question": IN_TEXT, "options": ["A", "B", "C"]},
        "question",
        "the options seem to stand in the question's text",
    ),
    "behind_the_text": (
        {"question": "正确的是A．猫B．狗", "options": ["A", "B"]},
        "question",
        "the options seem to stand in the question's text",
    ),
    "in_the_text_alone": (
        {"question": IN_TEXT, "options": []},
        "question",
        "the options seem to stand in the question's text",
    ),
}


@pytest.mark.parametrize("name", ROWS)
def test_a_row_at_fault_is_told_with_its_place(name: str, tmp_path: Path) -> None:
    other, column, said = ROWS[name]
    (tmp_path / "my.jsonl").write_text(lines(GOOD, GOOD | other), "utf-8")
    with pytest.raises(DataError, match=said) as error:
        read(tmp_path / "my.jsonl")
    assert (error.value.row, error.value.column) == (2, column)
    assert str(error.value.file).endswith("my.jsonl")
    table = read(tmp_path / "my.jsonl", on_bad_row="quarantine")
    assert rows_of(table) == [("", "谁？", AB, "A")]
    (bad,) = map(json.loads, (tmp_path / "bad.jsonl").read_text("utf-8").splitlines())
    assert (bad["row"], bad["column"]) == (2, column)


def test_an_empty_option_between_others_is_told_by_the_columns_of_the_file(tmp_path: Path) -> None:
    (tmp_path / "my.csv").write_text("question,A,B,C,answer\n谁？,猫,,鱼,A\n", "utf-8")
    with pytest.raises(DataError, match="option B is empty") as error:
        read(tmp_path / "my.csv")
    assert error.value.column == "A, B, C"


def test_a_file_without_options_says_where_they_may_stand(tmp_path: Path) -> None:
    (tmp_path / "my.csv").write_text("question,answer\n谁？,A\n", "utf-8")
    with pytest.raises(DataError, match="no such column") as error:
        read(tmp_path / "my.csv")
    assert error.value.column == "options"
    assert "have to be cut out of it" in str(error.value.hint)


def test_lists_of_a_passage_that_do_not_fit_are_told(tmp_path: Path) -> None:
    value = {"article": "x", "questions": ["a", "b"], "options": [AB], "answers": ["A", "B"]}
    (tmp_path / "my.jsonl").write_text(lines(value, value | {"options": [AB, AB]}), "utf-8")
    with pytest.raises(DataError, match="2 questions, 1 options, 2 answers"):
        read(tmp_path / "my.jsonl")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"columns": {"text": "question", "label": "answer"}}, "it is the column of the options"),
        ({"cells": "name", "first_option": "1"}, "has an effect on options only"),
    ],
)
def test_a_reader_refuses_what_has_no_options(changes: dict[str, Any], said: str) -> None:
    columns = {"text": "question", "pair": "options", "label": "answer"}
    with pytest.raises(ConfigError, match=said):
        Reader(**{"columns": columns, "cells": "choice"} | changes)


def test_options_that_only_later_rows_have_are_not_left_out(tmp_path: Path) -> None:
    row = {"question": "哪个？" * 400, "A": "猫", "B": "狗", "answer": "A"}
    path = tmp_path / "my.jsonl"
    path.write_text(lines(*[row] * 3000, row | {"C": "鱼", "answer": "C"}), "utf-8")
    with pytest.raises(DataError, match="no row before has this") as error:
        read(path)
    assert (error.value.row, error.value.column, error.value.value) == (3001, "C", "鱼")
    path.write_text(lines(*[row | {"C": "鱼"}] * 3000, row | {"more": "C"}), "utf-8")
    assert len(read(path)) == 3001, "of what isn't read there may be more"


def test_numbers_as_options_are_texts_whatever_their_size(tmp_path: Path) -> None:
    numbers = "[1.0, 2.5, 1" + "0" * 400 + "]"
    (tmp_path / "my.jsonl").write_text(
        f'{{"question": "多少？", "options": {numbers}, "answer": "A"}}\n', "utf-8"
    )
    ((_, _, options, _),) = rows_of(read(tmp_path / "my.jsonl"))
    assert options == ["1", "2.5", "1" + "0" * 400]
