"""A bad row is told with its place, or set aside with its reason, and takes no other with it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from table_files import GOOD, as_csv, quarantined, read
from text_parts import roles

from weitiao.errors import DataError
from weitiao.io.tables import Reader

APPENDED = "text\tlabel\n这家酒店的服务很好\t1\n".encode("gbk") + "中文\t1\n".encode()
MIXED = "text\tlabel\n这家酒店的服务很好\t1\n".encode() + "中文\t1\n".encode("gbk")
CUT = "text,label\n好,1\n坏,0".encode("utf-16") + b"1"
BAD_ROWS = [
    # (name, suffix, data, row, column, part of the reason, part of the value)
    ("empty label", "csv", "text,label\n好,1\n坏,  \n", 3, "label", "empty", "  "),
    ("too many cells", "csv", "text,label\n好,1\na,b,1\n", 3, None, "3 cells, not 2", "a,b,1"),
    ("too few cells", "tsv", "text\tlabel\n好\t1\n坏\n", 3, None, "1 cells, not 2", "坏"),
    ("unclosed quote", "csv", 'text,label\n好,1\n"坏,1\n好,2\n', 3, None, "quote opens", '"坏,1'),
    ("quote then row", "csv", 'text,label\n"坏,1\n"好",2\n', 2, None, "quote opens", '"坏,1'),
    ("garbled quote", "csv", 'text,label\n好,1\n"a"b,1\n', 3, None, "not CSV", '"a"b,1'),
    ("not JSON", "jsonl", GOOD + '{"text"\n', 2, None, "JSON", '{"text"'),
    ("no object", "jsonl", GOOD + "[1]\n", 2, None, "object", "[1]"),
    ("deep JSON", "jsonl", GOOD + "[" * 99999, 2, None, "JSON", "[["),
    ("null", "jsonl", GOOD + '{"label": 1}\n', 2, "text", "missing", ""),
    ("list", "jsonl", GOOD + '{"text": [7], "label": 1}', 2, "text", "list", "7"),
    ("NaN", "jsonl", GOOD + '{"text": "", "label": NaN}', 2, "label", "missing", ""),
    ("half", "jsonl", GOOD + r'{"text": "\ud83d", "label": 1}', 2, "text", "surrogate", "ud83d"),
    ("no white space", "lines", "1 好\n坏\n", 2, None, "1 cells, not 2", "坏"),
    ("mixed encodings", "tsv", MIXED, 3, "text", "not utf-8", "xd6"),
    ("UTF-8 in GBK", "tsv", APPENDED, 3, "text", "UTF-8, not gb18030", "涓"),
    ("cut UTF-16", "csv", CUT, 3, "label", "not utf-16", "0"),
]  # fmt: skip


@pytest.mark.parametrize("case", BAD_ROWS, ids=[case[0] for case in BAD_ROWS])
def test_a_bad_row_is_told_with_its_place(tmp_path: Path, case: tuple[Any, ...]) -> None:
    _, suffix, data, row, column, reason, value = case
    with pytest.raises(DataError) as error:
        read(tmp_path, data, suffix, format=suffix)
    assert error.value.row == row
    assert error.value.column == column
    assert str(error.value.file) == str(tmp_path / f"file.{suffix}")
    assert reason in error.value.problem
    assert value in str(error.value.value or "")
    assert "→ on_bad_row quarantine" in str(error.value).replace("; ", "→ ")
    assert sorted(p.name for p in tmp_path.iterdir()) == [f"file.{suffix}"]


@pytest.mark.parametrize("case", BAD_ROWS, ids=[case[0] for case in BAD_ROWS])
def test_a_bad_row_is_set_aside_with_its_reason(tmp_path: Path, case: tuple[Any, ...]) -> None:
    _, suffix, data, row, column, reason, value = case
    table = read(tmp_path, data, suffix, format=suffix, on_bad_row="quarantine")
    [bad] = quarantined(tmp_path)
    assert bad.keys() == {"file", "row", "column", "reason", "raw"}
    assert (bad["row"], bad["column"]) == (row, column)
    assert reason in bad["reason"]
    assert value in bad["raw"]
    assert any("好" in text for text in table["text"].to_pylist())


def test_an_unclosed_quote_takes_no_other_row_with_it(tmp_path: Path) -> None:
    lines = [f"第{i}行,{i % 2}" for i in range(2000)]
    for i in (3, 700, 1999):
        lines[i] = '"' + lines[i]
    table = read(tmp_path, "text,label\n" + "\n".join(lines), on_bad_row="quarantine")
    assert [bad["row"] for bad in quarantined(tmp_path)] == [5, 702, 2001]
    assert table.num_rows == 1997


def test_ids_must_be_unique_over_all_files(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("key,text,label\nk1,a,1\nk2,b,\nk3,c,1\n")
    (tmp_path / "b.csv").write_text("key,text,label\nk4,d,1\nk3,e,1\nk2,f,1\nk4,g,1\n")
    reader = Reader(roles(id="key"), on_bad_row="quarantine")
    table = reader.read(str(tmp_path / "*.csv"), tmp_path / "out.arrow", tmp_path / "bad.jsonl")
    assert table["text"].to_pylist() == ["a", "c", "d", "f"]  # k2 was bad the first time
    bad = [(Path(b["file"]).name, b["row"], b["column"]) for b in quarantined(tmp_path)]
    assert bad == [("a.csv", 3, "label"), ("b.csv", 3, "key"), ("b.csv", 5, "key")]


def test_running_ids_do_not_change_when_a_bad_row_is_mended(tmp_path: Path) -> None:
    table = read(tmp_path, "text,label\na,1\nb\nc,\nd,1\n", on_bad_row="quarantine")
    assert table["id"].to_pylist() == ["0", "3"]


@pytest.mark.parametrize("mode", ["raise", "quarantine"])
def test_a_wrong_named_encoding_raises(tmp_path: Path, mode: str) -> None:
    data = ("text,label\n" + "这是中文的评论,1\n" * 50 + "plain,0\n").encode("gbk")
    with pytest.raises(DataError, match="not utf-8"):
        read(tmp_path, data, encoding="utf-8", on_bad_row=mode)
    assert not (tmp_path / "out.arrow").exists()


def test_quarantine_of_every_row_raises(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="all of the 2 rows are bad"):
        read(tmp_path, "text,label\na,\nb,\n", on_bad_row="quarantine")


CELL = st.text(st.sampled_from("好坏 \",\t'\\x"), max_size=8)
FAULTS = ["none", "none", "none", "wide", "short", "no label", "bytes"]


@settings(max_examples=60)
@given(
    st.sampled_from(["csv", "tsv", "jsonl"]),
    st.lists(st.tuples(CELL, st.sampled_from(FAULTS)), min_size=1, max_size=40),
)
def test_quarantined_and_read_make_up_the_total(
    tmp_path_factory: pytest.TempPathFactory, kind: str, drawn: list[tuple[str, str]]
) -> None:
    rows = [("一", "none"), *drawn, *[("三", "none")] * len(drawn)]  # most rows decode
    data = b"" if kind == "jsonl" else {"csv": b"text,label\n", "tsv": b"text\tlabel\n"}[kind]
    for text, fault in rows:
        data += faulty(kind, text.replace("\t", " "), fault) + b"\n"
    folder = tmp_path_factory.mktemp("total")
    table = read(folder, data, kind, encoding="utf-8", on_bad_row="quarantine")
    start = 1 if kind == "jsonl" else 2
    good = [start + i for i, (_, fault) in enumerate(rows) if fault == "none"]
    bad = [start + i for i, (_, fault) in enumerate(rows) if fault != "none"]
    assert table["row"].to_pylist() == good
    assert [b["row"] for b in quarantined(folder)] == bad
    assert table.num_rows + len(quarantined(folder)) == len(rows)
    texts = [text.replace("\t", " ") for text, fault in rows if fault == "none"]
    assert table["text"].to_pylist() == texts


def faulty(kind: str, text: str, fault: str) -> bytes:
    """A row of the format with a fault in it."""
    label = "" if fault == "no label" else "1"
    if kind == "jsonl":
        data = json.dumps({"text": text, "label": label}, ensure_ascii=False)
        data = {"wide": "[" + data + "]", "short": data[:-1]}.get(fault, data)
    else:
        cells = {"wide": [text, label, label], "short": [text or "x"]}.get(fault, [text, label])
        data = "\t".join(cells) if kind == "tsv" else as_csv([tuple(cells)]).removesuffix("\r\n")
    mark = data.find("1") if fault == "bytes" else -1
    return data.encode() if mark < 0 else data[:mark].encode() + b"\xff" + data[mark:].encode()
