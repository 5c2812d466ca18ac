"""Queries with what is right and what is wrong, in the layouts that public tools write."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from conftest import write_csv

from weitiao.errors import ConfigError, DataError
from weitiao.io.tables import Reader
from weitiao.io.tables.positive_cells import negative_columns

QUERY_POS_NEG = {"text": "query", "pair": "pos", "negatives": "neg"}
LINES: list[dict[str, Any]] = [
    {"query": "问", "pos": ["答", "另"], "neg": ["错", "误", "错"], "pos_scores": [1, 2]},
    {"query": "甲", "pos": ["乙"], "neg": []},
    {"query": "丙", "pos": "丁", "neg": "戊"},
    {"query": "己", "pos": ["庚"]},
]
FOUND = [
    ("问", "答", ["错", "误"], 1),
    ("问", "另", ["错", "误"], 1),
    ("甲", "乙", [], 2),
    ("丙", "丁", ["戊"], 3),
    ("己", "庚", [], 4),
]


def read(path: Path, columns: dict[str, str], **options: Any) -> tuple[pa.Table, list[str]]:
    notes: list[str] = []
    reader = Reader(columns, cells="positives", **options)
    table = reader.read(str(path), path.parent / "out.arrow", path.parent / "bad.jsonl", notes)
    return table, notes


def rows(table: pa.Table) -> list[tuple[Any, ...]]:
    return [(r["text"], r["pair"], json.loads(r["negatives"]), r["row"]) for r in table.to_pylist()]


def write(path: Path, lines: list[dict[str, Any]]) -> Path:
    text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
    path.write_text(text, "utf-8")
    return path


def test_flag_embeddings_lines_are_a_row_for_each_right_text(tmp_path: Path) -> None:
    table, notes = read(write(tmp_path / "my.jsonl", LINES), QUERY_POS_NEG)
    assert rows(table) == FOUND
    assert table["id"].to_pylist() == ["0", "1", "2", "3", "4"]
    assert [note for note in notes if "several right texts, each a row now: 1" in note]


def test_ids_stay_unique(tmp_path: Path) -> None:
    lines = [{"no": "a", **LINES[0]}, {"no": "b", **LINES[1]}]
    table, _ = read(write(tmp_path / "my.jsonl", lines), QUERY_POS_NEG | {"id": "no"})
    assert table["id"].to_pylist() == ["a", "a 2", "b"]


def test_numbers_count_bad_rows_too(tmp_path: Path) -> None:
    lines = [LINES[0], {"query": "坏", "pos": []}, LINES[1]]
    path = write(tmp_path / "my.jsonl", lines)
    table, _ = read(path, QUERY_POS_NEG, on_bad_row="quarantine")
    assert table["id"].to_pylist() == ["0", "1", "3"]


def test_a_table_of_lists_is_read_likewise(tmp_path: Path) -> None:
    lines = [line | {"pos": line["pos"] * 1} for line in LINES[:2]]
    columns = {name: [line[name] for line in lines] for name in ("query", "pos", "neg")}
    pq.write_table(pa.table(columns), tmp_path / "my.parquet")
    assert rows(read(tmp_path / "my.parquet", QUERY_POS_NEG)[0]) == FOUND[:3]


def test_triplets_and_columns_with_numbers(tmp_path: Path) -> None:
    head = ("anchor", "positive", "negative_1", "negative_2")
    given = [("问", "答", "错", "误"), ("甲", "乙", "", " "), ("丙", "丁", "", "戊")]
    path = write_csv(tmp_path / "my.csv", given, head)
    names = {"text": "anchor", "pair": "positive"}
    table, _ = read(path, names | negative_columns(["negative_1", "negative_2"]))
    assert rows(table) == [
        ("问", "答", ["错", "误"], 2),
        ("甲", "乙", [], 3),
        ("丙", "丁", ["戊"], 4),
    ]
    table, _ = read(path, names | negative_columns("negative_1"))
    assert [row[2] for row in rows(table)] == [["错"], [], []]


def test_a_negative_that_is_right_in_its_row_is_none_and_counted(tmp_path: Path) -> None:
    line = {"query": "问", "pos": ["答", "另"], "neg": ["另", "错"]}
    table, notes = read(write(tmp_path / "my.jsonl", [line]), QUERY_POS_NEG)
    assert [row[2] for row in rows(table)] == [["错"], ["错"]]
    assert [note for note in notes if "right texts of their own row, left out: 1" in note]


@pytest.mark.parametrize(
    ("line", "column", "words"),
    [
        ({"query": "问", "pos": []}, "pos", "the list is empty"),
        ({"query": "问", "pos": ["答", {}]}, "pos", "something else than texts"),
        ({"query": "问", "pos": ["答", None]}, "pos", "something else than texts"),
        ({"query": "问", "pos": {"a": 1}}, "pos", "dict is not a text"),
        ({"query": "问"}, "pos", "missing"),
        ({"query": "问", "pos": ["答"], "neg": {"a": 1}}, "neg", "neither a text nor a list"),
        ({"query": "问", "pos": ["答"], "neg": [["错"]]}, "neg", "something else than texts"),
        ({"query": ["问"], "pos": ["答"]}, "query", "list is not a text"),
    ],
)
def test_what_is_no_text_is_told_by_its_place(
    line: dict[str, Any], column: str, words: str, tmp_path: Path
) -> None:
    path = write(tmp_path / "my.jsonl", [LINES[0], line])
    with pytest.raises(DataError, match=words) as refused:
        read(path, QUERY_POS_NEG)
    found = refused.value
    assert (found.column, found.row, found.file) == (column, 2, str(path))
    table, _ = read(path, QUERY_POS_NEG, on_bad_row="quarantine")
    assert len(table) == 2
    (bad,) = map(json.loads, (tmp_path / "bad.jsonl").read_text("utf-8").splitlines())
    assert (bad["row"], bad["column"], json.loads(bad["raw"])) == (2, column, line)


def test_a_table_without_the_column_is_told(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "my.csv", [("问", "答")], ("query", "pos"))
    with pytest.raises(DataError, match="no such column") as refused:
        read(path, QUERY_POS_NEG)
    assert refused.value.column == "neg"


@pytest.mark.parametrize("cells", ["name", "positives"])
def test_negatives_of_labels_are_refused(cells: Any) -> None:
    with pytest.raises(ConfigError, match="belong together") as refused:
        Reader(QUERY_POS_NEG | {"label": "label"}, cells=cells)
    assert refused.value.field == "negatives"


@pytest.mark.parametrize("column", ["label", "score", "similarity"])
def test_a_judgement_that_is_not_read_is_told(tmp_path: Path, column: str) -> None:
    cells = [("怎么退款", "如何退款", "1"), ("怎么退款", "几点开门", "0")]
    path = write_csv(tmp_path / "a.csv", cells, ("text", "pair", column))
    table, notes = read(path, {"text": "text", "pair": "pair"})
    assert len(table) == 2
    (note,) = (note for note in notes if column in note)
    assert "all pairs count as right" in note
    assert not any("isn't read" in n for n in read(path, {"text": "text", "pair": column})[1])
