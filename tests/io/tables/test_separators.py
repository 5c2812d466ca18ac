"""Separators of delimited files: found, named, noted."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from delimited_files import HEADER, ROWS, read, written
from text_parts import roles

from weitiao.errors import ConfigError, DataError
from weitiao.io.tables import Reader

SEPARATORS = [";", "\t", "|", "，", "；", "｜", "、", "\x01", "^", "~"]


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


def test_a_note_on_many_files_is_one_line(tmp_path: Path) -> None:
    for name in "abc":
        (tmp_path / f"{name}.csv").write_text("text;label\n好;1\n")
    notes: list[str] = []
    Reader().read(str(tmp_path / "*.csv"), tmp_path / "out.arrow", notes=notes)
    assert notes == [f"{tmp_path / 'a.csv'} and 2 more: its first rows have cells separated by ';'"]
