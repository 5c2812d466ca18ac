"""Questions with options in the layouts in which data sets are published."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from choice_files import COLUMNS, read, rows_of
from json_text import as_json, lines

from weitiao.errors import DataError

Row = tuple[str, str, list[str], str]
AB, ABCD = ["猫", "狗"], ["猫", "狗", "鱼", "鸟"]
TEXTS: dict[str, tuple[str, str, list[Row]]] = {
    # name → file, content, rows
    "ceval": (
        "val.csv",
        "id,question,A,B,C,D,answer,explanation\n0,谁？,猫,狗,鱼,鸟,B,\n1,何？,a,b,c,d,d,x\n",
        [("", "谁？", ABCD, "B"), ("", "何？", ["a", "b", "c", "d"], "D")],
    ),
    "cmmlu": (
        "test.csv",
        ",Question,A,B,C,D,Answer\n0,谁？,猫,狗,鱼,鸟,A\n",
        [("", "谁？", ABCD, "A")],
    ),
    "fewer_at_the_end": (
        "my.csv",
        "question,A,B,C,D,answer\n谁？,猫,狗,鱼,鸟,D\n谁？,猫,狗,,,B\n",
        [("", "谁？", ABCD, "D"), ("", "谁？", AB, "B")],
    ),
    "swag": (
        "train.csv",
        ",video-id,sent1,sent2,gold-source,ending0,ending1,ending2,ending3,label\n"
        "0,v,He sits.,He,gold,eats.,runs.,flies.,sings.,0\n1,v,It.,Is,gold,a,b,c,d,3\n",
        [
            ("", "He sits. He", ["eats.", "runs.", "flies.", "sings."], "A"),
            ("", "It. Is", ["a", "b", "c", "d"], "D"),
        ],
    ),
    "hellaswag": (
        "val.jsonl",
        lines(
            {"ind": 1, "ctx_a": "A", "ctx": "A man", "endings": ["sits", "eats"], "label": 0},
            {"ind": 2, "ctx_a": "B", "ctx": "A cat", "endings": ["sits", "eats"], "label": "1"},
        ),
        [("", "A man", ["sits", "eats"], "A"), ("", "A cat", ["sits", "eats"], "B")],
    ),
    "race": (
        "high.json",
        lines(
            {
                "article": "A cat sat.",
                "questions": ["Who _ ?", "Where?"],
                "options": [["a cat", "a dog"], ["here", "there"]],
                "answers": ["A", "B"],
                "id": "high1.txt",
            },
            {
                "article": "Rain.",
                "questions": ["What?"],
                "options": [["sun", "rain"]],
                "answers": ["B"],
            },
        ),
        [
            ("A cat sat.", "Who _ ?", ["a cat", "a dog"], "A"),
            ("A cat sat.", "Where?", ["here", "there"], "B"),
            ("Rain.", "What?", ["sun", "rain"], "B"),
        ],
    ),
    "race_by_question": (
        "race.jsonl",
        lines({"article": "x", "question": "y", "options": AB, "answer": "B", "example_id": "1"}),
        [("x", "y", AB, "B")],
    ),
    "arc": (
        "arc.jsonl",
        lines(
            {
                "id": "Q1",
                "question": {
                    "stem": "谁？",
                    "choices": [{"text": "猫", "label": "A"}, {"text": "狗", "label": "B"}],
                },
                "answerKey": "B",
            },
            {
                "id": "Q2",
                "question": {
                    "stem": "何？",
                    "choices": [{"text": "猫", "label": "1"}, {"text": "狗", "label": "2"}],
                },
                "answerKey": "1",
            },
        ),
        [("", "谁？", AB, "B"), ("", "何？", AB, "A")],
    ),
    "commonsense_qa_of_the_hub": (
        "cs.jsonl",
        lines(
            {
                "question": "谁？",
                "question_concept": "x",
                "choices": {"label": ["A", "B"], "text": AB},
                "answerKey": "B",
            }
        ),
        [("", "谁？", AB, "B")],
    ),
    "c3": (
        "c3.json",
        as_json(
            [
                [
                    ["女：你好！", "男：早。"],
                    [
                        {"question": "谁在说？", "choice": AB, "answer": "狗"},
                        {"question": "几人？", "choice": ["一", "二", "三"], "answer": "二"},
                    ],
                    "12-1",
                ],
                [["下雨了。"], [{"question": "天？", "choice": AB, "answer": "猫"}], "12-2"],
            ]
        ),
        [
            ("女：你好！\n男：早。", "谁在说？", AB, "B"),
            ("女：你好！\n男：早。", "几人？", ["一", "二", "三"], "B"),
            ("下雨了。", "天？", AB, "A"),
        ],
    ),
    "dream_of_the_hub": (
        "dream.jsonl",
        lines({"dialogue": ["W: Hi!", "M: Yes."], "question": "q", "choice": AB, "answer": "狗"}),
        [("W: Hi!\nM: Yes.", "q", AB, "B")],
    ),
    "haihua": (
        "train.json",
        as_json(
            [
                {
                    "ID": "1",
                    "Content": "文",
                    "Questions": [{"Question": "谁？", "Choices": AB, "Answer": "B", "Q_id": "7"}],
                }
            ]
        ),
        [("文", "谁？", AB, "B")],
    ),
    "piqa": (
        "p.jsonl",
        lines(
            {"goal": "g", "sol1": "猫", "sol2": "狗", "label": 0},
            {"goal": "h", "sol1": "猫", "sol2": "狗", "label": 1},
        ),
        [("", "g", AB, "A"), ("", "h", AB, "B")],
    ),
    "social_iqa": (
        "s.jsonl",
        lines(
            {
                "context": "c",
                "question": "q",
                "answerA": "x",
                "answerB": "y",
                "answerC": "z",
                "label": "3",
            },
            {"context": "c", "question": "r", "answerA": "x", "answerB": "y", "answerC": "z"}
            | {"label": "1"},
        ),
        [("c", "q", ["x", "y", "z"], "C"), ("c", "r", ["x", "y", "z"], "A")],
    ),
    "copa": (
        "c.jsonl",
        lines(
            {"premise": "p", "choice1": "猫", "choice2": "狗", "question": "cause", "label": 0},
        ),
        [("p", "cause", AB, "A")],
    ),
    "medqa": (
        "m.jsonl",
        lines({"question": "q", "options": {"A": "猫", "B": "狗"}, "answer": "狗"}),
        [("", "q", AB, "B")],
    ),
    "reclor": (
        "r.json",
        as_json(
            [
                {"context": "c", "question": "q", "answers": ABCD, "label": 0, "id_string": "t1"},
                {"context": "c", "question": "r", "answers": ABCD, "label": 3, "id_string": "t2"},
            ]
        ),
        [("c", "q", ABCD, "A"), ("c", "r", ABCD, "D")],
    ),
    "lists_in_cells": (
        "l.csv",
        'question,options,answer\n谁？,"[""猫"", ""狗""]",狗\n何？,"[\'猫\', \'狗\']",猫\n',
        [("", "谁？", AB, "B"), ("", "何？", AB, "A")],
    ),
    "numbers_that_are_texts": (
        "n.jsonl",
        lines(
            {"question": "1+1", "options": ["2", "3", "1"], "answer": "2"},
            {"question": "1+0", "options": [2, 3, 1], "answer": 1},
        ),
        [("", "1+1", ["2", "3", "1"], "A"), ("", "1+0", ["2", "3", "1"], "C")],
    ),
    "answers_with_marks": (
        "w.jsonl",
        lines(
            {"question": "q", "options": AB, "answer": "（Ｂ）"},
            {"question": "q", "options": AB, "answer": ["A"]},
            {"question": "q", "options": AB, "answer": "b."},
        ),
        [("", "q", AB, "B"), ("", "q", AB, "A"), ("", "q", AB, "B")],
    ),
}


@pytest.mark.parametrize("name", TEXTS)
def test_a_layout_is_read(name: str, tmp_path: Path) -> None:
    file, content, rows = TEXTS[name]
    (tmp_path / file).write_text(content, "utf-8")
    assert rows_of(read(tmp_path / file)) == rows


def test_columns_of_lists_are_read_from_parquet(tmp_path: Path) -> None:
    columns: dict[str, Any] = {"question": ["q", "r"], "choices": [AB, ABCD], "answer": [0, 2]}
    pq.write_table(pa.table(columns), tmp_path / "mmlu.parquet")
    found = rows_of(read(tmp_path / "mmlu.parquet"))
    assert found == [("", "q", AB, "A"), ("", "r", ABCD, "C")]


def test_rows_without_answers_are_read_for_predictions(tmp_path: Path) -> None:
    (tmp_path / "my.csv").write_text("question,A,B\n谁？,猫,狗\n", "utf-8")
    columns = {role: name for role, name in COLUMNS.items() if role != "label"}
    table = read(tmp_path / "my.csv", columns=columns)
    assert table.to_pylist()[0]["pair"] == as_json(AB)
    assert "label" not in table.column_names


def test_a_table_with_another_separator_is_recognised(tmp_path: Path) -> None:
    (tmp_path / "my.csv").write_text("题目;A;B;答案\n谁？;猫;狗;B\n", "utf-8")
    assert rows_of(read(tmp_path / "my.csv")) == [("", "谁？", AB, "B")]


def test_options_in_columns_of_any_names_are_read_by_a_pattern(tmp_path: Path) -> None:
    content = "begin 1,begin 2,end x,end y,end z,right\n他,来,走,坐,,坐\n他,说,走,坐,哭,哭\n"
    (tmp_path / "my.csv").write_text(content, "utf-8")
    columns = {"text": "begin *", "pair": "end ?", "passage": "passage", "label": "right"}
    assert rows_of(read(tmp_path / "my.csv", columns=columns)) == [
        ("", "他 来", ["走", "坐"], "B"),
        ("", "他 说", ["走", "坐", "哭"], "C"),
    ]


def test_a_table_without_a_header_is_read_by_a_pattern(tmp_path: Path) -> None:
    (tmp_path / "mmlu.csv").write_text('"Who, then?",x,y,B\nWhat?,v,w,A\n', "utf-8")
    columns = {"text": "0", "pair": "[1-2]", "passage": "passage", "label": "3"}
    assert rows_of(read(tmp_path / "mmlu.csv", columns=columns, header=False)) == [
        ("", "Who, then?", ["x", "y"], "B"),
        ("", "What?", ["v", "w"], "A"),
    ]


def test_a_pattern_of_no_column_is_told(tmp_path: Path) -> None:
    (tmp_path / "my.csv").write_text("question,A,B,answer\n谁？,猫,狗,A\n", "utf-8")
    for role, name in (("pair", "opt*"), ("passage", "text")):
        with pytest.raises(DataError, match="no such column") as error:
            read(tmp_path / "my.csv", columns=COLUMNS | {role: name})
        assert error.value.column == name


def test_what_is_taken_for_what_and_what_is_odd_is_noted(tmp_path: Path) -> None:
    rows = [("q", AB, 0), ("q", ["猫", "猫", "狗"], 2), (" ", AB, 1)]
    values = [dict(zip(("ctx", "endings", "label"), row, strict=True)) for row in rows]
    (tmp_path / "my.jsonl").write_text(lines(*values), "utf-8")
    notes: list[str] = []
    read(tmp_path / "my.jsonl", notes)
    told = "\n".join(notes)
    assert "question: 'ctx', options: 'endings', answer: 'label'" in told
    assert "the answers are numbers, 0 that of the first option" in told
    assert "rows with the same option twice: 1 (first: row 2, '猫')" in told
    assert "questions that are empty: 1 (first: row 3" in told
