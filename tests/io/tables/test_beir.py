"""BEIR's three files as pairs: what is right for a query, with both texts."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from weitiao.errors import DataError
from weitiao.io.tables import Reader

CORPUS = [
    {"_id": "d1", "title": "北京", "text": "中国的首都"},
    {"_id": "d2", "title": "", "text": "上海在东边"},
    {"_id": "d3", "text": "没有人问"},
]
QUERIES = [{"_id": "q1", "text": "首都是哪里"}, {"_id": "q2", "text": "东边有什么"}]
QRELS = ["query-id\tcorpus-id\tscore", "q1\td1\t1", "q2\td2\t2", "q2\td1\t0", "q1\td2\t1"]


def write(
    folder: Path,
    corpus: list[dict[str, str]] = CORPUS,
    queries: list[dict[str, str]] = QUERIES,
    qrels: list[str] = QRELS,
) -> Path:
    (folder / "qrels").mkdir()
    for name, rows in (("corpus", corpus), ("queries", queries)):
        lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
        (folder / f"{name}.jsonl").write_text(lines, "utf-8")
    path = folder / "qrels" / "test.tsv"
    path.write_text("".join(f"{line}\n" for line in qrels), "utf-8")
    return path


def read(path: Path, **options: str) -> list[tuple[str, str]]:
    reader = Reader(format="beir", columns={"text": "text", "pair": "pair"}, **options)
    notes: list[str] = []
    table = reader.read(str(path), path.parent / "rows.arrow", notes=notes)
    assert table["row"].to_pylist() == sorted(table["row"].to_pylist())
    return list(zip(table["text"].to_pylist(), table["pair"].to_pylist(), strict=True))


RIGHT = [
    ("首都是哪里", "北京 中国的首都"),
    ("东边有什么", "上海在东边"),
    ("首都是哪里", "上海在东边"),
]


@pytest.mark.parametrize("head", [QRELS[:1], []])
def test_what_is_right_becomes_pairs(head: list[str], tmp_path: Path) -> None:
    assert read(write(tmp_path, qrels=[*head, *QRELS[1:]])) == RIGHT


@pytest.mark.parametrize("mark", ["\t", " "])
def test_judgements_may_be_of_trec(mark: str, tmp_path: Path) -> None:
    lines = [line.split("\t") for line in QRELS[1:]]
    assert read(write(tmp_path, qrels=[mark.join((q, "0", d, s)) for q, d, s in lines])) == RIGHT


@pytest.mark.parametrize(
    ("document", "text"),
    [({"title": "北京"}, "北京"), ({"title": "北京", "text": ""}, "北京"), ({"text": ""}, "")],
)
def test_a_document_may_be_its_title_or_empty(
    document: dict[str, str], text: str, tmp_path: Path
) -> None:
    path = write(tmp_path, corpus=[CORPUS[0], {"_id": "d2", **document}])
    assert read(path)[1] == ("东边有什么", text)


@pytest.mark.parametrize(
    ("changes", "place", "words"),
    [
        ({"corpus": [*CORPUS, CORPUS[0]]}, ("corpus.jsonl", 4, "d1"), "twice"),
        ({"queries": [*QUERIES, QUERIES[1]]}, ("queries.jsonl", 3, "q2"), "twice"),
        ({"qrels": [*QRELS, "q1\td9\t1"]}, ("test.tsv", 6, "d9"), "no document"),
        ({"qrels": [*QRELS, "q9\td1\t1"]}, ("test.tsv", 6, "q9"), "no query"),
        ({"qrels": [*QRELS, "q1\td1"]}, ("test.tsv", 6, "q1\td1"), "2 cells"),
        ({"qrels": [*QRELS, "q1\td1\tyes"]}, ("test.tsv", 6, "q1\td1\tyes"), "no number"),
        ({"qrels": [*QRELS, "q1\td1\tnan"]}, ("test.tsv", 6, "q1\td1\tnan"), "not finite"),
        ({"qrels": [*QRELS, "q1,d1,1"]}, ("test.tsv", 6, "q1,d1,1"), "1 cells(?s:.)*between tabs"),
        ({"qrels": ["q1\td1\t0", "q1\td2\t-1"]}, ("test.tsv", None, None), "no judgement is above"),
        ({"corpus": [*CORPUS, {"_id": "d4"}]}, ("corpus.jsonl", 4, '{"_id": "d4"}'), "no text"),
        ({"corpus": [{"text": "a"}]}, ("corpus.jsonl", 1, '{"text": "a"}'), "no object with _id"),
        (
            {"queries": [{"_id": "q1", "text": None}]},
            ("queries.jsonl", 1, '{"_id": "q1", "text": null}'),
            "no text",
        ),
    ],
)
def test_what_does_not_fit_is_told_by_its_place(
    changes: dict[str, list], place: tuple[str, int, object], words: str, tmp_path: Path
) -> None:
    with pytest.raises(DataError, match=words) as refused:
        read(write(tmp_path, **changes))
    error = refused.value
    assert (Path(str(error.file)).name, error.row, error.value) == place


def test_bad_judgements_can_be_set_aside(tmp_path: Path) -> None:
    path = write(tmp_path, qrels=[*QRELS, "q1\td9\t1"])
    assert read(path, on_bad_row="quarantine") == RIGHT


@pytest.mark.parametrize("name", ["corpus.jsonl", "queries.jsonl"])
def test_a_missing_file_is_told(name: str, tmp_path: Path) -> None:
    path = write(tmp_path)
    (tmp_path / name).unlink()
    with pytest.raises(DataError, match=f"there is no {name}"):
        read(path)
