"""Delimited files as programs write them: line ends, quotes, NULs, headers, widths."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from delimited_files import HEADER, ROWS, quarantined, read, written

from weitiao.errors import DataError
from weitiao.io.tables import Reader

# ── Line ends ──


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r", "\r\r\n"])
@pytest.mark.parametrize("suffix", ["csv", "tsv", "jsonl", "txt"])
def test_lines_end_as_systems_end_them(tmp_path: Path, end: str, suffix: str) -> None:
    lines = {
        "csv": [f'"{text}",{label}' for text, label in (HEADER, *ROWS)],
        "tsv": ["\t".join(row) for row in (HEADER, *ROWS)],
        "jsonl": [json.dumps({"text": text, "label": label}) for text, label in ROWS],
        "txt": [f"{label} {text}" for text, label in ROWS],
    }[suffix]
    options = {"format": "lines"} if suffix == "txt" else {}
    assert read(tmp_path / f"a.{suffix}", end.join(lines) + end, **options) == (ROWS, [])


def test_a_lone_carriage_return_in_a_cell_is_part_of_it(tmp_path: Path) -> None:
    rows = [("一\r二", "1"), ("三\n四", "0"), ("五\r\n六\r", "1")]
    quoted = "".join(f'"{text}",{label}{{end}}' for text, label in (HEADER, *rows))
    for end in ("\n", "\r\n", "\r"):
        assert read(tmp_path / "a.csv", quoted.format(end=end))[0] == rows
    assert read(tmp_path / "a.tsv", "text\tlabel\n一\r二\t1\n")[0] == [("一\r二", "1")]
    assert read(tmp_path / "a.txt", "1 一\r二\n0 三\n", format="lines")[0][0] == ("一\r二", "1")


# ── NULs ──


@pytest.mark.parametrize("encoding", ["auto", "named"])
@pytest.mark.parametrize("codec", ["utf-8", "gb18030", "utf-16"])
@pytest.mark.parametrize("suffix", ["csv", "tsv", "jsonl", "json", "txt"])
def test_a_few_nuls_are_removed_and_counted(
    tmp_path: Path, suffix: str, codec: str, encoding: str
) -> None:
    rows = [(f"第{i}条：房间很好", f"{i % 2}") for i in range(30)]
    data = {
        "csv": written(rows=[HEADER, *rows]),
        "tsv": "\n".join(map("\t".join, (HEADER, *rows))),
        "jsonl": "\n".join(
            json.dumps(dict(zip(HEADER, r, strict=True)), ensure_ascii=False) for r in rows
        ),
        "json": json.dumps([dict(zip(HEADER, r, strict=True)) for r in rows], ensure_ascii=False),
        "txt": "\n".join(f"{label} {text}" for text, label in rows),
    }[suffix]
    for number in (3, 17, 18):
        data = data.replace(f"第{number}条", f"第{number}\0条")
    options = {"format": "lines"} if suffix == "txt" else {}
    options |= {"encoding": codec} if encoding == "named" else {}
    found = read(tmp_path / f"a.{suffix}", data.encode(codec), **options)
    assert found == (rows, ["NUL bytes removed: 3"])


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"GIF89a\0\0\xff\0" * 50, "give a text file"),
        (bytes(range(256)) * 40, "give a text file"),
        (b"PAR1" + b"\0\1\2" * 50, "format parquet"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(500), "save it as .xlsx"),
        (b"PK\x03\x04" + bytes(range(32)) * 9, ".xlsx or .zip"),
        (b"SQLite format 3\0" + bytes(500), "query"),
    ],
)
@pytest.mark.parametrize("encoding", ["auto", "utf-8"])
def test_many_nuls_are_a_binary_file(tmp_path: Path, data: bytes, said: str, encoding: str) -> None:
    with pytest.raises(DataError, match=f"binary(?s:.)*{said}"):
        read(tmp_path / "a.csv", data, encoding=encoding)


# ── Quotes ──


def test_a_space_before_a_quote_is_no_part_of_a_cell(tmp_path: Path) -> None:
    rows = [("a", "1"), ("b, c", "2"), ('d "e", f', "3"), ("一\n二, 三", "4"), ("g", "5")]
    lines = ['"a", "1"', '"b, c",  "2"', ' "d ""e"", f",  "3"', '"一\n二, 三", "4"', "g, 5"]
    data = "\n".join(['"text", "label"', *lines])
    assert read(tmp_path / "a.csv", data)[0] == rows


def test_quotes_within_a_text_stay(tmp_path: Path) -> None:
    rows = [(' "好" 他说', "1"), ("  前后  ", "0"), ('他说 "好"', "1"), (' "不', "0"), ("x", "1")]
    data = "\n".join(["text,label", *(f"{text},{label}" for text, label in rows)])
    assert read(tmp_path / "a.csv", data) == (rows, [])


@pytest.mark.parametrize(
    ("suffix", "rows", "noted"),
    [
        ("tsv", ['"好"\t1', '"他说""好"""\t0'], ["2 of 2 cells of 'text'", "{--format} csv"]),
        ("tsv", ["'好'\t'1'", "'坏'\t'0'"], ["'text'", "'label'"]),
        ("csv", ['"""好""",1', '"""坏""",0'], ["2 of 2 cells of 'text'"]),
        ("tsv", ['"好"\t1', "不好\t0", "很好\t1"], []),
        ("tsv", ["“好”\t1", "“坏”\t0"], []),
    ],
)
def test_cells_that_keep_their_quotes_are_noted(
    tmp_path: Path, suffix: str, rows: list[str], noted: list[str]
) -> None:
    header = "text\tlabel" if suffix == "tsv" else "text,label"
    pairs, notes = read(tmp_path / f"a.{suffix}", "\n".join([header, *rows]))
    assert len(pairs) == len(rows)
    assert bool(notes) == bool(noted)
    assert all(part in "\n".join(notes) for part in noted)
    assert ("{--format} csv" in "\n".join(notes)) == ("{--format} csv" in noted)


def test_the_way_out_of_kept_quotes_works(tmp_path: Path) -> None:
    data = 'text\tlabel\n"好"\t1\n"他说""好"""\t0\n'
    pairs, notes = read(tmp_path / "a.tsv", data, format="csv")
    assert pairs == [("好", "1"), ('他说"好"', "0")]
    pairs, notes = read(tmp_path / "a.tsv", '"text"\t"label"\n"好"\t"1"\n')
    assert pairs == [("好", "1")]
    assert "in quotes" in notes[0]


# ── Headers and widths ──


@pytest.mark.parametrize(
    "again",
    ["text,label", "\ufefftext,label", '"text","label"', '\ufeff"text","label"', "Text , LABEL"],
)
@pytest.mark.parametrize("suffix", ["csv", "tsv"])
def test_the_header_again_is_a_bad_row(tmp_path: Path, again: str, suffix: str) -> None:
    data = f"text,label\n好,1\n{again}\n坏,0\n"
    data = data.replace(",", "\t") if suffix == "tsv" else data
    with pytest.raises(DataError, match="row 3: the header again"):
        read(tmp_path / f"a.{suffix}", data)
    pairs, _ = read(tmp_path / f"a.{suffix}", data, on_bad_row="quarantine")
    assert pairs == [("好", "1"), ("坏", "0")]
    assert [(bad["row"], bad["reason"]) for bad in quarantined(tmp_path)] == [
        (3, "the header again")
    ]


def test_another_order_of_the_columns_is_told_in_either_mode(tmp_path: Path) -> None:
    for mode in ("raise", "quarantine"):
        with pytest.raises(DataError, match="another order"):
            read(tmp_path / "a.csv", "text,label\n好,1\nlabel,text\n0,坏\n", on_bad_row=mode)


def test_a_text_that_reads_as_its_column_is_a_text(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("text\n好\ntext\n")
    reader = Reader().without_labels()
    table = reader.read(str(tmp_path / "a.csv"), tmp_path / "out.arrow")
    assert table["text"].to_pylist() == ["好", "text"]
    assert len(read(tmp_path / "b.csv", "text,label\ntext,1\n好,label\n")[0]) == 2


def test_joined_marks_are_no_part_of_a_row(tmp_path: Path) -> None:
    pairs, _ = read(tmp_path / "a.csv", '\ufefftext,label\n好,1\n\ufeff"坏, 很坏",0\n')
    assert pairs == [("好", "1"), ("坏, 很坏", "0")]
    lines = '\ufeff{"text": "好", "label": 1}\n\ufeff{"text": "坏", "label": 0}\n'
    assert read(tmp_path / "a.jsonl", lines)[0] == [("好", "1"), ("坏", "0")]


def test_titles_may_stand_above_the_header(tmp_path: Path) -> None:
    data = "评论 2024\n\n制表：王\ntext,label\n好,1\n"
    pairs, notes = read(tmp_path / "a.csv", data)
    assert pairs == [("好", "1")]
    assert notes == ["row 4 is the header; what stands above it is left out"]


@pytest.mark.parametrize("suffix", ["csv", "tsv"])
def test_cells_beyond_the_header_may_be_ignored(tmp_path: Path, suffix: str) -> None:
    data = "text,label\n好,1,x,y\n坏,0\n行,1,\n差\n"
    data = data.replace(",", "\t") if suffix == "tsv" else data
    with pytest.raises(DataError, match=r"row 2: the row has 4 cells(?s:.)*extra_cells ignore"):
        read(tmp_path / f"a.{suffix}", data)
    options = {"extra_cells": "ignore", "on_bad_row": "quarantine"}
    pairs, notes = read(tmp_path / f"a.{suffix}", data, **options)
    assert pairs == [("好", "1"), ("坏", "0"), ("行", "1")]
    assert notes == ["rows cut to the width of the header: 2"]
    assert [bad["row"] for bad in quarantined(tmp_path)] == [5]
    _, notes = read(
        tmp_path / f"b.{suffix}",
        data.splitlines()[0] + "\na,1,x\n".replace(",", data[4]),
        extra_cells="ignore",
    )
    assert "does that lack the first column's name?" in notes[0]
