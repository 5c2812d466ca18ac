"""Every form in which cells give answers, in every format that has cells."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from answer_files import BORN, BOTH, LOST, NONE, ROWS, TEXT, answers, read, squad, write_jsonl
from json_text import as_json
from pyarrow.feather import write_feather


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


def test_a_group_that_is_the_text_stays_as_it_is(tmp_path: Path) -> None:
    text = " un cafe\u0301\u200b noir"
    write_jsonl(tmp_path / "a.jsonl", [{"context": text, "question": "？", "answers": ["noir"]}])
    notes: list[str] = []
    table = read(tmp_path / "a.jsonl", notes)
    assert table["text"].to_pylist() == table["group"].to_pylist() == [text]
    assert (answers(table), notes) == ([[[11, 15, "noir"]]], [])


def test_an_answer_keeps_what_is_not_seen(tmp_path: Path) -> None:
    answer = "cafe\u0301\u200b"
    row = {"context": f"un {answer} noir", "question": "？", "answers": [answer]}
    write_jsonl(tmp_path / "a.jsonl", [row])
    assert answers(read(tmp_path / "a.jsonl")) == [[[3, 9, answer]]]
