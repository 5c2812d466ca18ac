"""Files in which questions stand under their texts: SQuAD, MRQA, CMRC 2018."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from answer_files import BORN, COLUMNS, NONE, ROWS, TEXT, Row, answers, read, squad
from json_text import as_json, lines

from weitiao.errors import DataError
from weitiao.io.tables import Reader


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


NESTED: dict[str, tuple[str, str]] = {
    "SQuAD": ("json", as_json({"version": "1.1", "data": articles()})),
    "SQuAD, data first": ("json", as_json({"data": articles(), "version": "1.1"})),
    "SQuAD, over many lines": ("json", json.dumps({"data": articles()}, indent=1)),
    "SQuAD, called .jsonl": ("jsonl", json.dumps({"data": articles()}, indent=1)),
    "SQuAD on one line, called .jsonl": ("jsonl", as_json({"data": articles()})),
    "articles on lines": ("jsonl", lines(*articles())),
    "texts on lines": ("jsonl", lines(*(p for a in articles() for p in a["paragraphs"]))),
    "MRQA": ("jsonl", lines(*mrqa())),
    "MRQA, called .json": ("json", lines(*mrqa())),
    "MRQA, two files joined": ("jsonl", lines(*mrqa()[:3], *mrqa()[:1], *mrqa()[3:])),
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
    (tmp_path / "a.jsonl").write_text(lines({"context": text, "qas": qas}), "utf-8")
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
        {"question": "4", "answers": [{"text": "", "answer_start": -1}], "is_impossible": 1},
    ]
    text = {"context": TEXT, "qas": qas}
    data = {"data": [{"paragraphs": [text, {"context": "空", "qas": []}]}]}
    (tmp_path / "a.json").write_text(as_json(data), "utf-8")
    notes: list[str] = []
    assert answers(read(tmp_path / "a.json", notes)) == [NONE, NONE, BORN, NONE]
    assert [note.partition(": ")[2] for note in notes] == [
        "plausible answers, which are none: 2",
        "texts without a question: 1",
    ]


@pytest.mark.parametrize("form", ["SQuAD", "MRQA", "CMRC 2018, as published"])
def test_rows_to_predict_need_no_answers(tmp_path: Path, form: str) -> None:
    suffix, data = NESTED[form]
    path = tmp_path / f"a.{suffix}"
    for content in (data, data.replace('"answers"', '"x"').replace('"detected_answers"', '"y"')):
        path.write_text(content, "utf-8")
        table = Reader(COLUMNS, cells="answers").without_labels().read(str(path), tmp_path / "out")
        assert table.column_names == ["id", "text", "pair", "file", "row"]
        assert table["pair"].to_pylist() == [question for question, _ in ROWS]


def test_a_document_that_is_cut_off_is_no_file(tmp_path: Path) -> None:
    data = as_json({"data": articles()})
    for end in (len(data) - 1, len(data) - 40, len(data) // 2):
        (tmp_path / "a.json").write_text(data[:end], "utf-8")
        with pytest.raises(DataError, match=r"cut off|not JSON"):
            read(tmp_path / "a.json", on_bad_row="quarantine")


def test_a_column_that_is_missing_is_told_by_what_questions_have(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(as_json({"data": articles()}), "utf-8")
    with pytest.raises(DataError, match=r"there is no such column; the columns are .*'question'"):
        read(tmp_path / "a.json", columns=COLUMNS | {"pair": "query"})


def test_other_targets_are_told_of_the_task(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(as_json({"data": articles()}), "utf-8")
    with pytest.raises(DataError, match=r"as in SQuAD(?s:.)*task answers"):
        Reader().read(str(tmp_path / "a.json"), tmp_path / "out.arrow")


@pytest.mark.parametrize("form", ["SQuAD", "MRQA"])
def test_long_texts_come_in_portions(
    tmp_path: Path, form: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    suffix, data = NESTED[form]
    (tmp_path / f"a.{suffix}").write_text(data, "utf-8")
    whole = read(tmp_path / f"a.{suffix}").to_pylist()
    monkeypatch.setattr("weitiao.io.tables.objects.BLOCK", 20)
    reader = Reader(COLUMNS, cells="answers")
    with reader.inputs({"": str(tmp_path / f"a.{suffix}")}) as inputs:
        parts = [part.rows for part in reader.stream(inputs[""], 100)]
    assert [part.num_rows for part in parts] == [1, 1, 1, 1]
    assert [row for part in parts for row in part.to_pylist()] == whole
