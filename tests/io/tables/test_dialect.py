"""Delimited files as programs write them: separators, line ends, quotes, marks, NULs."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from text_parts import roles

from weitiao.errors import ConfigError, DataError
from weitiao.io.tables import Reader

ROWS = [(f"第{i}条评论,“很好”; 真的|好", f"标{i % 2}") for i in range(30)]
HEADER = ("text", "label")
SEPARATORS = [";", "\t", "|", "，", "；", "｜", "、", "\x01", "^", "~"]


def written(separator: str = ",", rows: Sequence[tuple[str, ...]] = (HEADER, *ROWS)) -> str:
    text = io.StringIO()
    csv.writer(text, delimiter=separator).writerows(rows)
    return text.getvalue()


def read(path: Path, data: str | bytes, **options: Any) -> tuple[list[tuple[str, str]], list[str]]:
    """Texts and labels, and what is noted, without the file's name."""
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    notes: list[str] = []
    table = Reader(**options).read(str(path), path.parent / "out.arrow", notes=notes)
    pairs = list(zip(table["text"].to_pylist(), table["label"].to_pylist(), strict=True))
    told = (note.removeprefix(f"{path}: ") for note in notes)
    return pairs, [note for note in told if "isn't in UTF-8" not in note]


def quarantined(folder: Path) -> list[dict[str, Any]]:
    lines = (folder / "out.quarantine.jsonl").read_text("utf-8").splitlines()
    return [json.loads(line) for line in lines]


# ── Separators ──


@pytest.mark.parametrize("separator", SEPARATORS)
@pytest.mark.parametrize("suffix", ["csv", "tsv", "csv in utf-16"])
def test_a_separator_is_found_by_the_header_and_noted(
    tmp_path: Path, separator: str, suffix: str
) -> None:
    path = tmp_path / f"a.{suffix[:3]}"
    data = written(separator).encode("utf-16" if "utf-16" in suffix else "utf-8")
    if (separator, suffix) == ("\t", "tsv"):
        data = "\n".join(map("\t".join, (HEADER, *ROWS))).encode()
    pairs, notes = read(path, data)
    assert pairs == ROWS
    mark = "a tab" if separator == "\t" else repr(separator)
    assert [mark in note for note in notes] == (
        [] if (separator, suffix) == ("\t", "tsv") else [True]
    )


@pytest.mark.parametrize("separator", [*SEPARATORS, ":", "\\t"])
@pytest.mark.parametrize("header", [True, False])
def test_a_separator_that_is_named_is_used(tmp_path: Path, separator: str, header: bool) -> None:
    mark = "\t" if separator == "\\t" else separator
    columns = roles(*(("text", None, "label") if header else ("0", None, "1")))
    data = written(mark, [HEADER, *ROWS][not header :])
    options = {"columns": columns, "separator": separator, "header": header}
    assert read(tmp_path / "a.csv", data, **options) == (ROWS, [])


def test_without_a_header_each_row_must_have_as_many_cells(tmp_path: Path) -> None:
    options: dict[str, Any] = {"columns": roles("0", None, "1"), "header": False}
    assert read(tmp_path / "a.csv", "好;1\n坏;0\n", **options)[0] == [("好", "1"), ("坏", "0")]
    with pytest.raises(DataError, match="no such column"):
        read(tmp_path / "a.csv", "好;1\n坏;;0\n", **options)
    texts = Reader(roles("0"), header=False).without_labels()
    (tmp_path / "a.csv").write_text("好;1\n坏;0\n")
    table = texts.read(str(tmp_path / "a.csv"), tmp_path / "out.arrow")
    assert table["text"].to_pylist() == ["好;1", "坏;0"]


def test_the_comma_is_not_given_up_while_it_gives_the_columns(tmp_path: Path) -> None:
    pairs, notes = read(tmp_path / "a.csv", "text,label,a;b\nx;y,1,z\n")
    assert (pairs, notes) == ([("x;y", "1")], [])


def test_a_column_that_is_missing_is_told_by_the_right_separator(tmp_path: Path) -> None:
    with pytest.raises(DataError) as error:
        read(tmp_path / "a.csv", "the text;a b\nx;1\n", columns=roles("a text", label="a b"))
    for part in ("the columns are 'the text', 'a b'", "';'", "text 'the text'"):
        assert part in str(error.value)


@pytest.mark.parametrize("separator", [";;", "", "\n", '"', "tab"])
def test_a_separator_is_one_character(separator: str) -> None:
    with pytest.raises(ConfigError, match=r"one character(?s:.)*separator"):
        Reader(separator=separator)


def test_a_separator_has_no_effect_on_other_formats(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"separator has no effect on jsonl"):
        read(tmp_path / "a.jsonl", '{"text": "a", "label": 1}', separator=";")


def test_the_header_is_believed_before_the_line_of_excel(tmp_path: Path) -> None:
    assert read(tmp_path / "a.csv", f"sep=;\n{written()}")[0] == ROWS


@pytest.mark.parametrize("mark", [",", ";", "\t"])
@pytest.mark.parametrize("line", ["sep={}\n", "sep={}\r\n", '"sep={}"\n', "\ufeffSEP={}\n"])
def test_the_line_that_excel_understands_is_no_row(tmp_path: Path, mark: str, line: str) -> None:
    data = line.format(mark) + written(mark)
    pairs, _ = read(tmp_path / "a.csv", data)
    assert pairs == ROWS
    with pytest.raises(DataError, match="row 3, column 'label'"):
        read(tmp_path / "a.csv", line.format(mark) + f"text{mark}label\nx{mark}\n")


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


def test_a_note_on_many_files_is_one_line(tmp_path: Path) -> None:
    for name in "abc":
        (tmp_path / f"{name}.csv").write_text("text;label\n好;1\n")
    notes: list[str] = []
    Reader().read(str(tmp_path / "*.csv"), tmp_path / "out.arrow", notes=notes)
    assert notes == [f"{tmp_path / 'a.csv'} and 2 more: its first rows have cells separated by ';'"]


# ── Names ──


@pytest.mark.parametrize("pattern", ["数据[2024]/*.csv", "数据[2024]/**/*.csv", "*[2024]/a*.csv"])
def test_brackets_in_names_of_folders(tmp_path: Path, pattern: str) -> None:
    (tmp_path / "数据[2024]").mkdir()
    (tmp_path / "数据[2024]" / "a.csv").write_text("text,label\n好,1\n")
    table = Reader().read(str(tmp_path / pattern), tmp_path / "out.arrow")
    assert table["text"].to_pylist() == ["好"]
    with pytest.raises(DataError, match=r"no file fits(?s:.)*\[\[\]"):
        Reader().read(str(tmp_path / "数据[2023]/*.csv"), tmp_path / "out.arrow")


def test_brackets_are_a_pattern_where_no_such_folder_is(tmp_path: Path) -> None:
    for name in ("part1", "part2", "part3"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "a.csv").write_text(f"text,label\n{name},1\n")
    table = Reader().read(str(tmp_path / "part[12]" / "*.csv"), tmp_path / "out.arrow")
    assert table["text"].to_pylist() == ["part1", "part2"]


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("a.csv", '{"text": "a", "label": 1}\n', "format jsonl"),
        ("a.jsonl", '[{"text": "a", "label": 1}]', "format json"),
        ("a.xlsx", "text,label\na,1\n", "format csv"),
        ("a.xls", "x", "save it as .xlsx or CSV"),
        ("my reviews.db", "x", "database '.*my reviews.db'"),
        ("my 评论", None, r"'.*my 评论/\*\.csv'"),
    ],
)
def test_a_file_of_another_kind_is_told_by_what_works(
    tmp_path: Path, name: str, data: str | None, said: str
) -> None:
    if data is None:
        (tmp_path / name).mkdir()
    else:
        (tmp_path / name).write_text(data)
    with pytest.raises(DataError, match=f"(?s).*→.*{said}"):
        Reader().read(str(tmp_path / name), tmp_path / "out.arrow")
