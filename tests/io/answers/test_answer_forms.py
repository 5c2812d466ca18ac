"""Every form in which files and cells give answers, and every fault."""

from __future__ import annotations

import csv
import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyarrow.feather import write_feather

from weitiao.errors import ConfigError, DataError
from weitiao.io.tables import Reader

COLUMNS = {"text": "context", "pair": "question", "label": "answers", "group": "context"}
TEXT = "叶老桂生于1912年，卒于1994年。"
BORN, BOTH, NONE = [[5, 9, "1912"]], [[5, 9, "1912"], [13, 17, "1994"]], []
LOST = [[-1, -1, "1913"], [5, 9, "1912"]]
ROWS = [("何年出生？", BORN), ("哪些年份？", BOTH), ("哪里人？", NONE), ("几岁？", LOST)]
Row = tuple[str, list[list[Any]]]


def as_json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def squad(answers: list[list[Any]]) -> list[dict[str, Any]]:
    return [{"text": text, "answer_start": begin} for begin, _, text in answers]


def hugging_face(answers: list[list[Any]]) -> dict[str, Any]:
    return {"text": [a[2] for a in answers], "answer_start": [a[0] for a in answers]}


FORMS: dict[str, Callable[[list[list[Any]]], Any]] = {
    "SQuAD": squad,
    "Hugging Face": hugging_face,
    "start and end": lambda answers: [{"text": t, "start": b, "end": e} for b, e, t in answers],
    "MRQA": lambda answers: [
        {"text": t, "char_spans": [[b, e - 1]] if b >= 0 else []} for b, e, t in answers
    ],
    "MRQA of Hugging Face": lambda answers: {
        "text": [t for *_, t in answers],
        "char_spans": [{"start": [b], "end": [e - 1]} for b, e, _ in answers],
    },
    "ours": lambda answers: answers,
    "texts": lambda answers: [text for *_, text in answers],
}


def write_jsonl(path: Path, rows: list[dict[str, Any]]) -> None:
    path.write_text("".join(f"{as_json(row)}\n" for row in rows), "utf-8")


def write_table(path: Path, rows: list[dict[str, Any]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        cells = [[v if isinstance(v, str) else as_json(v) for v in row.values()] for row in rows]
        csv.writer(file).writerows([[*rows[0]], *cells])


def write_columns(path: Path, rows: list[dict[str, Any]]) -> None:
    try:
        table = pa.Table.from_pylist(rows)
    except pa.ArrowInvalid:  # triples are of two types
        table = pa.Table.from_pylist([row | {"answers": as_json(row["answers"])} for row in rows])
    pq.write_table(table, path)


def write_workbook(path: Path, rows: list[dict[str, Any]]) -> None:
    book = pytest.importorskip("openpyxl").Workbook()
    book.active.append([*rows[0]])
    for row in rows:
        book.active.append([v if isinstance(v, str) else as_json(v) for v in row.values()])
    book.save(path)


WRITERS: dict[str, Callable[[Path, list[dict[str, Any]]], None]] = {
    "jsonl": write_jsonl,
    "json": lambda path, rows: path.write_text(as_json(rows), "utf-8") and None,
    "csv": write_table,
    "parquet": write_columns,
    "feather": lambda path, rows: write_feather(pa.Table.from_pylist(rows), path),
    "xlsx": write_workbook,
}


def read(path: Path, notes: list[str] | None = None, **options: Any) -> pa.Table:
    """What `Reader.read` gives, and `Reader.stream`, which is the same."""
    reader = Reader(**{"columns": COLUMNS, "cells": "answers"} | options)
    streamed: list[str] = []
    table = reader.read(str(path), path.parent / "out.arrow", path.parent / "bad.jsonl", streamed)
    told: list[str] = []
    with reader.inputs({"": str(path)}) as inputs:
        parts = [part.rows for part in reader.stream(inputs[""], 2, told)]
    assert pa.concat_tables(parts).to_pylist() == table.to_pylist()
    assert told == streamed
    if notes is not None:
        notes += told
    return table


def answers(table: pa.Table) -> list[Any]:
    return [json.loads(label) for label in table["label"].to_pylist()]


def flat(form: str) -> list[dict[str, Any]]:
    return [{"context": TEXT, "question": q, "answers": FORMS[form](a)} for q, a in ROWS]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("kind", WRITERS)
def test_every_form_is_read_from_every_format(tmp_path: Path, form: str, kind: str) -> None:
    if kind == "feather" and form == "ours":
        pytest.skip("triples are of two types")
    path = tmp_path / f"a.{kind}"
    WRITERS[kind](path, flat(form))
    table = read(path)
    assert answers(table) == [BORN, BOTH, NONE, LOST]
    assert table["pair"].to_pylist() == [question for question, _ in ROWS]
    assert table["text"].to_pylist() == table["group"].to_pylist() == [TEXT] * 4


def paragraph(rows: list[Row], **more: Any) -> dict[str, Any]:
    qas = [{"id": f"q{q}", "question": q, "answers": squad(a)} for q, a in rows]
    return {"context": TEXT, "qas": qas} | more


def articles() -> list[dict[str, Any]]:
    first = paragraph(ROWS[:2], id="p1", index=3)
    return [
        {"title": "甲", "paragraphs": [first, paragraph(ROWS[2:3])]},
        {"title": "乙", "paragraphs": [paragraph(ROWS[3:])]},
    ]


def mrqa() -> list[dict[str, Any]]:
    lines: list[dict[str, Any]] = [{"header": {"dataset": "甲", "mrqa_split": "dev"}}]
    for question, found in ROWS:
        qa = {
            "qid": f"q{question}",
            "question": question,
            "answers": [text for *_, text in found],
            "detected_answers": [
                {"text": t, "char_spans": [[b, e - 1]], "token_spans": [[0, 0]]}
                for b, e, t in found
                if b >= 0
            ],
        }
        lines.append({"context": TEXT, "context_tokens": [["叶", 0]], "qas": [qa]})
    return lines


def cmrc() -> list[dict[str, Any]]:
    qas = [
        {
            "query_id": f"q{question}",
            "query_text": question,
            "answers": [text for *_, text in found],
        }
        for question, found in ROWS
    ]
    return [{"context_id": "D1", "context_text": TEXT, "qas": qas, "title": "甲"}]


def lines(values: list[dict[str, Any]]) -> str:
    return "".join(f"{as_json(value)}\n" for value in values)


NESTED: dict[str, tuple[str, str]] = {
    "SQuAD": ("json", as_json({"version": "1.1", "data": articles()})),
    "SQuAD, data first": ("json", as_json({"data": articles(), "version": "1.1"})),
    "SQuAD, over many lines": ("json", json.dumps({"data": articles()}, indent=1)),
    "SQuAD, called .jsonl": ("jsonl", json.dumps({"data": articles()}, indent=1)),
    "SQuAD on one line, called .jsonl": ("jsonl", as_json({"data": articles()})),
    "articles on lines": ("jsonl", lines(articles())),
    "texts on lines": ("jsonl", lines([p for a in articles() for p in a["paragraphs"]])),
    "MRQA": ("jsonl", lines(mrqa())),
    "MRQA, called .json": ("json", lines(mrqa())),
    "MRQA, two files joined": ("jsonl", lines([*mrqa()[:3], *mrqa()[:1], *mrqa()[3:]])),
    "CMRC 2018, as published": ("json", as_json(cmrc())),
}


@pytest.mark.parametrize("form", NESTED)
def test_questions_under_their_texts_are_rows(tmp_path: Path, form: str) -> None:
    suffix, data = NESTED[form]
    path = tmp_path / f"a.{suffix}"
    path.write_text(data, "utf-8")
    table = read(path, columns=COLUMNS | {"id": "id"})
    found = [sorted(row) for row in answers(table)]  # MRQA has what stands in the text first
    assert found == [sorted(each) for _, each in ROWS]
    assert table["pair"].to_pylist() == [question for question, _ in ROWS]
    assert table["text"].to_pylist() == [TEXT] * 4
    assert table["id"].to_pylist() == [f"q{question}" for question, _ in ROWS]
    assert table["row"].to_pylist() == [1, 2, 3, 4]
    packed = tmp_path / f"packed.{suffix}.gz"
    packed.write_bytes(gzip.compress(data.encode()))
    assert read(packed)["label"].to_pylist() == table["label"].to_pylist()


def test_what_articles_say_can_be_a_column(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(as_json({"data": articles()}), "utf-8")
    table = read(tmp_path / "a.json", columns=COLUMNS | {"group": "title"})
    assert table["group"].to_pylist() == ["甲", "甲", "甲", "乙"]


def test_a_place_of_each_char_span_and_of_each_text_without_one(tmp_path: Path) -> None:
    text = "甲乙甲丙甲"
    qas = [
        {
            "question": "？",
            "answers": ["甲", "甲", "丁"],
            "detected_answers": [{"text": "甲", "char_spans": [[0, 0], [4, 4]]}],
        },
        {"question": "？", "answers": ["甲"]},
        {"question": "？", "answers": ["乙", "乙"]},
    ]
    (tmp_path / "a.jsonl").write_text(lines([{"context": text, "qas": qas}]), "utf-8")
    notes: list[str] = []
    assert answers(read(tmp_path / "a.jsonl", notes)) == [
        [[0, 1, "甲"], [4, 5, "甲"], [-1, -1, "丁"]],
        [[0, 1, "甲"], [2, 3, "甲"], [4, 5, "甲"]],
        [[1, 2, "乙"]],
    ]
    assert [note.partition(": ")[2] for note in notes] == [
        "answers that stand nowhere in their text, count in scores, and can't be learned: 1"
        " (first: row 1, '丁')",
        "answers without an offset that stand at several places, all of them taken: 1"
        " (first: row 2, '甲')",
    ]


def test_unanswerable_questions_of_squad_2(tmp_path: Path) -> None:
    plausible = {"is_impossible": True, "plausible_answers": squad(BORN)}
    qas = [
        {"question": "1", "answers": [], **plausible},
        {"question": "2", **plausible},
        {"question": "3", "answers": squad(BORN), "is_impossible": False},
    ]
    text = {"context": TEXT, "qas": qas}
    data = {"data": [{"paragraphs": [text, {"context": "空", "qas": []}]}]}
    (tmp_path / "a.json").write_text(as_json(data), "utf-8")
    notes: list[str] = []
    assert answers(read(tmp_path / "a.json", notes)) == [NONE, NONE, BORN]
    assert [note.partition(": ")[2] for note in notes] == [
        "plausible answers, which are none: 2",
        "texts without a question: 1",
    ]


@pytest.mark.parametrize(
    ("cell", "found"),
    [
        ("1912", BORN),
        ("", NONE),
        (" ", NONE),
        ("[]", NONE),
        ('["1912"]', BORN),
        ('{"text": ["1912"], "answer_start": [5]}', BORN),
        ('{"text": "1912", "answer_start": 5}', BORN),
        ('[[5, 9, "1912"]]', BORN),
    ],
)
def test_a_cell_of_a_table_is_the_answer_or_json(tmp_path: Path, cell: str, found: Any) -> None:
    rows = [{"context": TEXT, "question": "？", "answers": cell}]
    for kind in ("csv", "xlsx", "jsonl"):
        WRITERS[kind](tmp_path / f"a.{kind}", rows)
        assert answers(read(tmp_path / f"a.{kind}")) == [found]


@pytest.mark.parametrize("cell", [1912, 1912.0, ["1912", 1912.0], ["1912", 1912]])
def test_a_number_is_an_answer_as_a_person_writes_it(tmp_path: Path, cell: Any) -> None:
    write_jsonl(tmp_path / "a.jsonl", [{"context": TEXT, "question": "？", "answers": cell}])
    assert answers(read(tmp_path / "a.jsonl")) == [BORN]


@pytest.mark.parametrize("form", ["SQuAD", "MRQA", "CMRC 2018, as published"])
def test_rows_to_predict_need_no_answers(tmp_path: Path, form: str) -> None:
    suffix, data = NESTED[form]
    path = tmp_path / f"a.{suffix}"
    for content in (data, data.replace('"answers"', '"x"').replace('"detected_answers"', '"y"')):
        path.write_text(content, "utf-8")
        table = Reader(COLUMNS, cells="answers").without_labels().read(str(path), tmp_path / "out")
        assert table.column_names == ["id", "text", "pair", "file", "row"]
        assert table["pair"].to_pylist() == [question for question, _ in ROWS]


def test_what_was_written_for_quarantine_is_a_row_again(tmp_path: Path) -> None:
    qas = [
        {"question": "1", "answers": squad(BORN)},
        {"question": "2", "answers": [{"text": "1912", "answer_start": "5"}]},
    ]
    (tmp_path / "a.jsonl").write_text(lines([{"context": TEXT, "qas": qas}]), "utf-8")
    assert read(tmp_path / "a.jsonl", on_bad_row="quarantine").num_rows == 1
    (bad,) = [json.loads(line) for line in (tmp_path / "bad.jsonl").open(encoding="utf-8")]
    (tmp_path / "b.jsonl").write_text(bad["raw"].replace('"5"', "5"), "utf-8")
    table = read(tmp_path / "b.jsonl")
    assert (table["pair"].to_pylist(), answers(table)) == (["2"], [BORN])


# -- faults ----------------------------------------------------------------------------------------

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
    ({"context": TEXT, "qas": [QA | {"is_impossible": 1}]}, "answers", "neither true nor false"),
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
    path.write_text(lines([good, line, good]), "utf-8")
    with pytest.raises(DataError, match=told) as error:
        read(path)
    assert (error.value.file, error.value.row, error.value.column) == (str(path), 3, column)
    assert read(path, on_bad_row="quarantine")["row"].to_pylist() == [1, 2, 4, 5]
    (bad,) = [json.loads(line) for line in (tmp_path / "bad.jsonl").open(encoding="utf-8")]
    assert bad["row"] == 3
    assert bad["raw"]


def test_a_line_that_is_no_json_is_told_by_its_number(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    good = lines([{"context": TEXT, "qas": [QA, QA]}])
    path.write_text(f'{good}{{"context": "{TEXT}", "q\n{good}', "utf-8")
    with pytest.raises(DataError, match=r"this is not JSON: .*\(line 2\)") as error:
        read(path)
    assert error.value.row == 3
    assert read(path, on_bad_row="quarantine")["row"].to_pylist() == [1, 2, 4, 5]


def test_a_document_that_is_cut_off_is_no_file(tmp_path: Path) -> None:
    data = as_json({"data": articles()})
    for end in (len(data) - 1, len(data) - 40, len(data) // 2):
        (tmp_path / "a.json").write_text(data[:end], "utf-8")
        with pytest.raises(DataError, match=r"cut off|not JSON"):
            read(tmp_path / "a.json", on_bad_row="quarantine")


def test_ids_that_come_twice_are_bad(tmp_path: Path) -> None:
    qas = [QA | {"id": "a"}, QA | {"id": "b"}, QA | {"id": "a"}]
    (tmp_path / "a.jsonl").write_text(lines([{"context": TEXT, "qas": qas}]), "utf-8")
    with pytest.raises(DataError, match="this id came before") as error:
        read(tmp_path / "a.jsonl", columns=COLUMNS | {"id": "id"})
    assert (error.value.row, error.value.value) == (3, "a")


def test_an_empty_question_is_counted(tmp_path: Path) -> None:
    write_jsonl(tmp_path / "a.jsonl", [GOOD, GOOD | {"question": " "}])
    notes: list[str] = []
    assert read(tmp_path / "a.jsonl", notes).num_rows == 2
    assert notes[0].partition(": ")[2].startswith("questions that are empty: 1 (first: row 2,")


def test_a_column_that_is_missing_is_told_by_what_questions_have(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(as_json({"data": articles()}), "utf-8")
    with pytest.raises(DataError, match=r"there is no such column; the columns are .*'question'"):
        read(tmp_path / "a.json", columns=COLUMNS | {"pair": "query"})


def test_other_targets_are_told_of_the_task(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(as_json({"data": articles()}), "utf-8")
    with pytest.raises(DataError, match=r"as in SQuAD(?s:.)*task answers"):
        Reader().read(str(tmp_path / "a.json"), tmp_path / "out.arrow")


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
