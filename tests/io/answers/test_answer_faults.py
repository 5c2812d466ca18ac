"""Answers and questions that are none: each is told with its place, and can be set aside."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from answer_files import BORN, COLUMNS, TEXT, answers, read, squad, write_jsonl
from json_text import as_json, lines

from weitiao.errors import ConfigError, DataError
from weitiao.io.tables import Reader

GOOD = {"context": TEXT, "question": "？", "answers": squad(BORN)}
FAULTS: list[tuple[dict[str, Any], str, str]] = [
    ({"answers": None}, "answers", r"the value is missing(?s:.)*has \[\]"),
    ({"answers": float("nan")}, "answers", "the value is missing"),
    ({"answers": 5.5}, "answers", "'5.5' stands nowhere"),
    ({"answers": [5, 9]}, "answers", r"\[5, 9\] answers, or offsets(?s:.)*lists the forms"),
    ({"answers": [True, "1912"]}, "answers", "True is no answer"),
    ({"answers": [float("nan"), "1912"]}, "answers", "nan is no answer"),
    ({"answers": [None]}, "answers", "None is no answer"),
    ({"answers": [""]}, "answers", "the text of an answer is empty"),
    ({"answers": {"a": 1}}, "answers", "an answer has a text; here are 'a'"),
    ({"answers": [{"text": 5}]}, "answers", "the text 5 of an answer is not a text"),
    ({"answers": [{"text": " ", "answer_start": 0}]}, "answers", "the text of an answer is empty"),
    ({"answers": [{"answer_start": 0}]}, "answers", "an answer has a text"),
    ({"answers": "{'text': ['1912']}"}, "answers", r"is no JSON(?s:.)*json\.dumps"),
    ({"answers": '[{"text": "19'}, "answers", "is no JSON"),
    ({"answers": "[" * 99999}, "answers", "is no JSON"),
    ({"answers": [{"text": "1912", "answer_start": "5"}]}, "answers", "offset '5'.*whole number"),
    ({"answers": [{"text": "1912", "answer_start": 5.0}]}, "answers", "offset 5.0.*whole number"),
    ({"answers": [{"text": "1912", "answer_start": True}]}, "answers", "offset True"),
    ({"answers": [{"text": "1912", "answer_start": -2}]}, "answers", "-2 .*negative(?s:.)*-1 says"),
    (
        {"answers": [{"text": "1912", "answer_start": 99}]},
        "answers",
        "99.* that has 19 char.* at 5",
    ),
    ({"answers": [{"text": "1912", "answer_start": 4}]}, "answers", "at 4.*'于191' does.* at 5"),
    ({"answers": [{"text": "1913", "answer_start": 5}]}, "answers", "'1912' does.*stands nowhere"),
    ({"answers": [{"text": "1913"}]}, "answers", "'1913' stands nowhere in the text"),
    ({"answers": [{"text": "1912", "char_spans": 5}]}, "answers", "char_spans are 5, not a list"),
    ({"answers": [{"text": "1912", "char_spans": [5]}]}, "answers", "5 is no place of '1912'"),
    ({"answers": {"text": ["a", "b"], "answer_start": [1]}}, "answers", "2 texts.*answer_start 1"),
    ({"answers": {"text": ["a"], "answer_start": 1}}, "answers", "1 texts.*answer_start 1"),
    ({"answers": [[5, 8, "1912"]]}, "answers", "is not as long as its text"),
    ({"answers": [[5, 9, "答案"]]}, "answers", "not as long(?s:.)*third, not a label"),
    ({"answers": {"text": None, "answer_start": None}}, "answers", r"text None(?s:.)*has \[\]"),
    ({"answers": [[5, "9", "1912"]]}, "answers", "offset '9'"),
    ({"answers": [[-1, 3, "1912"]]}, "answers", "is not as long as its text"),
    ({"question": None}, "question", "the value is missing"),
    ({"question": ["？"]}, "question", "is not a text"),
    ({"context": None}, "context", "the value is missing"),
    ({"context": [TEXT]}, "context", "is not a text"),
    ({"context": ""}, "context", "the text is empty"),
    ({"context": "e\u0301", "answers": [{"text": "e", "answer_start": 0}]}, "answers", "but cuts"),
]


@pytest.mark.parametrize(("wrong", "column", "told"), FAULTS)
def test_a_fault_is_told_and_can_be_set_aside(
    tmp_path: Path, wrong: dict[str, Any], column: str, told: str
) -> None:
    path = tmp_path / "a.jsonl"
    write_jsonl(path, [GOOD, GOOD | wrong, GOOD])
    with pytest.raises(DataError, match=told) as error:
        read(path, misplaced_answers="bad")
    assert (error.value.file, error.value.row, error.value.column) == (str(path), 2, column)
    table = read(path, misplaced_answers="bad", on_bad_row="quarantine")
    assert table["row"].to_pylist() == [1, 3]
    (bad,) = [json.loads(line) for line in (tmp_path / "bad.jsonl").open(encoding="utf-8")]
    assert (bad["row"], bad["column"]) == (2, column)
    assert bad["raw"] == as_json(GOOD | wrong)


QA = {"question": "？", "answers": squad(BORN)}
OF_QUESTIONS: list[tuple[dict[str, Any], str | None, str]] = [
    ({"context": TEXT, "qas": [{"question": "？"}]}, "answers", r"no 'answers', but(?s:.)*\[\]"),
    (
        {"context": TEXT, "qas": [QA | {"answers": None}]},
        "answers",
        "the question has no 'answers'",
    ),
    ({"context": TEXT, "qas": [QA | {"is_impossible": True}]}, "answers", "and there are answers"),
    ({"context": TEXT, "qas": [QA | {"is_impossible": "no"}]}, "answers", "neither true nor false"),
    ({"context": TEXT, "qas": [{"answers": []}]}, "question", "the value is missing"),
    ({"context": None, "qas": [QA]}, "context", "the value is missing"),
    ({"context": [TEXT], "qas": [QA]}, "context", "is not a text"),
    ({"qas": [QA]}, "context", "the value is missing"),
    ({"context": TEXT}, None, r"there is no list 'qas'; the keys are 'context' \(line 2\)"),
    ({"context": TEXT, "qas": {}}, None, "there is no list 'qas'"),
    ({"context": TEXT, "qas": ["？"]}, None, "'？' is no object of a question"),
    ({"paragraphs": [5]}, None, "5 is no object of a text"),
]


@pytest.mark.parametrize(("line", "column", "told"), OF_QUESTIONS)
def test_a_fault_of_a_question_under_its_text_costs_that_question(
    tmp_path: Path, line: dict[str, Any], column: str | None, told: str
) -> None:
    path = tmp_path / "a.jsonl"
    good = {"context": TEXT, "qas": [QA, QA]}
    path.write_text(lines(good, line, good), "utf-8")
    with pytest.raises(DataError, match=told) as error:
        read(path)
    assert (error.value.file, error.value.row, error.value.column) == (str(path), 3, column)
    assert read(path, on_bad_row="quarantine")["row"].to_pylist() == [1, 2, 4, 5]
    (bad,) = [json.loads(line) for line in (tmp_path / "bad.jsonl").open(encoding="utf-8")]
    assert bad["row"] == 3
    assert bad["raw"]


def test_a_line_that_is_no_json_is_told_by_its_number(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    good = lines({"context": TEXT, "qas": [QA, QA]})
    path.write_text(f'{good}{{"context": "{TEXT}", "q\n{good}', "utf-8")
    with pytest.raises(DataError, match=r"this is not JSON: .*\(line 2\)") as error:
        read(path)
    assert error.value.row == 3
    assert read(path, on_bad_row="quarantine")["row"].to_pylist() == [1, 2, 4, 5]


def test_ids_that_come_twice_are_bad(tmp_path: Path) -> None:
    qas = [QA | {"id": "a"}, QA | {"id": "b"}, QA | {"id": "a"}]
    (tmp_path / "a.jsonl").write_text(lines({"context": TEXT, "qas": qas}), "utf-8")
    with pytest.raises(DataError, match="this id came before") as error:
        read(tmp_path / "a.jsonl", columns=COLUMNS | {"id": "id"})
    assert (error.value.row, error.value.value) == (3, "a")


def test_what_was_written_for_quarantine_is_a_row_again(tmp_path: Path) -> None:
    qas = [
        {"question": "1", "answers": squad(BORN)},
        {"question": "2", "answers": [{"text": "1912", "answer_start": "5"}]},
    ]
    (tmp_path / "a.jsonl").write_text(lines({"context": TEXT, "qas": qas}), "utf-8")
    assert read(tmp_path / "a.jsonl", on_bad_row="quarantine").num_rows == 1
    (bad,) = [json.loads(line) for line in (tmp_path / "bad.jsonl").open(encoding="utf-8")]
    (tmp_path / "b.jsonl").write_text(bad["raw"].replace('"5"', "5"), "utf-8")
    table = read(tmp_path / "b.jsonl")
    assert (table["pair"].to_pylist(), answers(table)) == (["2"], [BORN])


def test_bytes_of_another_encoding_are_told(tmp_path: Path) -> None:
    line = lines({"context": TEXT, "qas": [QA]})
    data = [line.encode(), line.encode("gb18030"), line.encode()]
    (tmp_path / "a.jsonl").write_bytes(b"".join(data))
    with pytest.raises(DataError, match="these bytes are not utf-8") as error:
        read(tmp_path / "a.jsonl", encoding="utf-8")
    assert error.value.row == 2


def test_an_empty_question_is_counted(tmp_path: Path) -> None:
    write_jsonl(tmp_path / "a.jsonl", [GOOD, GOOD | {"question": " "}])
    notes: list[str] = []
    assert read(tmp_path / "a.jsonl", notes).num_rows == 2
    assert notes[0].partition(": ")[2].startswith("questions that are empty: 1 (first: row 2,")


@pytest.mark.parametrize(
    ("columns", "options", "told"),
    [
        ({"text": "a", "label": "b"}, {"cells": "answers"}, "pair is needed"),
        ({"text": "a", "pair": "b"}, {"misplaced_answers": "bad"}, "has an effect on answers only"),
    ],
)
def test_options_that_do_not_go_together(columns: Any, options: Any, told: str) -> None:
    with pytest.raises(ConfigError, match=told):
        Reader(columns, **options)


@pytest.mark.parametrize("column", ["context", "question", "answers"])
def test_an_error_of_a_workbook_is_no_cell(tmp_path: Path, column: str) -> None:
    book = pytest.importorskip("openpyxl").Workbook()
    cells = {"context": TEXT, "question": "？", "answers": "1912"} | {column: "#N/A"}
    book.active.append([*cells])
    book.active.append([*cells.values()])
    book.save(tmp_path / "a.xlsx")
    with pytest.raises(DataError, match="#N/A") as error:
        read(tmp_path / "a.xlsx", columns={k: v for k, v in COLUMNS.items() if k != "group"})
    assert (error.value.row, error.value.column) == (2, column)


def test_bytes_are_no_answer(tmp_path: Path) -> None:
    rows = [{"context": TEXT, "question": "？", "answers": b"1912"}]
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "a.parquet")
    with pytest.raises(DataError, match="a bytes is no answer"):
        read(tmp_path / "a.parquet")
