"""Workbooks as people keep them: several sheets, titles, formulas, errors."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
from text_parts import roles

from weitiao.errors import DataError
from weitiao.io.tables import Reader

openpyxl = pytest.importorskip("openpyxl")
HEADER = ("text", "label")
Sheets = dict[str, list[tuple[Any, ...]]]


def save(path: Path, sheets: Sheets, hidden: tuple[str, ...] = ()) -> Path:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
        if title in hidden:
            sheet.sheet_state = "hidden"
    book.save(path)
    return path


def read(path: Path, **options: Any) -> tuple[list[tuple[str, str]], list[str]]:
    notes: list[str] = []
    table = Reader(**options).read(str(path), path.parent / "out.arrow", notes=notes)
    pairs = list(zip(table["text"].to_pylist(), table["label"].to_pylist(), strict=True))
    return pairs, [note.removeprefix(f"{path}: ") for note in notes]


def edit(path: Path, old: str, new: str, part: str = "xl/worksheets/sheet1.xml") -> None:
    """Change the XML of a sheet, as other programs write it."""
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    # openpyxl writes by lxml where that is installed, which closes empty elements otherwise
    content = parts[part].replace(b"<v></v>", b"<v />").replace(b'"/>', b'" />')
    assert old.encode() in content, content.decode()
    parts[part] = content.replace(old.encode(), new.encode())
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in parts.items():
            archive.writestr(name, data)


ONE, TWO = [HEADER, ("一", 1)], [HEADER, ("二", 2)]


@pytest.mark.parametrize(
    ("sheets", "hidden", "sheet", "text", "noted"),
    [
        ({"a": ONE}, (), "auto", "一", []),
        ({"a": ONE, "b": TWO}, (), "auto", "一", ["the sheet 'a' is", "'b'", "{--sheet} NAME"]),
        ({"a": ONE, "b": TWO}, (), "b", "二", []),
        ({"old": ONE, "new": TWO}, ("old",), "auto", "二", ["'new'", "'old', which is hidden"]),
        ({"old": ONE, "new": TWO}, ("old",), "old", "一", []),
        ({"empty": [], "b": TWO}, (), "auto", "二", []),
        ({"cover": [("王",), ("2024",)], "b": TWO}, (), "auto", "二", ["'b' is read", "'cover'"]),
        ({"a": [("评论表",), (), *ONE]}, (), "auto", "一", ["row 3 is the header"]),
    ],
)  # fmt: skip
def test_the_sheet_that_is_read_is_named(
    tmp_path: Path, sheets: Sheets, hidden: tuple[str, ...], sheet: str, text: str, noted: list[str]
) -> None:
    path = save(tmp_path / "a.xlsx", sheets, hidden)
    pairs, notes = read(path, sheet=sheet)
    assert [text for text, _ in pairs] == [text]
    assert bool(notes) == bool(noted)
    assert all(part in "\n".join(notes) for part in noted)


@pytest.mark.parametrize(
    ("sheets", "hidden", "options", "said"),
    [
        ({"my data": ONE}, (), {"sheet": "my date"}, ["'my data'", "→ sheet 'my data'"]),
        ({"a": [], "b": ONE}, ("b",), {}, ["no visible sheet", "sheet b"]),
        ({"a": [], "b": []}, (), {}, ["no visible sheet"]),
        ({"a": ONE, "b": TWO}, (), {"columns": roles("review")}, ["'text', 'label'", "'b'"]),
        ({"a": [HEADER, ("好", 1), HEADER, ("坏", 0)]}, (), {}, ["row 3: the header again"]),
        ({"a": [HEADER, ("好", 1, "x")]}, (), {}, ["3 cells", "extra_cells ignore"]),
    ],
)
def test_what_is_wrong_with_a_workbook_is_told(
    tmp_path: Path, sheets: Sheets, hidden: tuple[str, ...], options: Any, said: list[str]
) -> None:
    with pytest.raises(DataError) as error:
        read(save(tmp_path / "a.xlsx", sheets, hidden), **options)
    assert all(part in str(error.value) for part in ["a.xlsx", *said]), str(error.value)


def test_cells_beyond_the_header_may_be_ignored(tmp_path: Path) -> None:
    path = save(tmp_path / "a.xlsx", {"a": [HEADER, ("好", 1, "x"), ("坏", 0)]})
    pairs, notes = read(path, extra_cells="ignore")
    assert pairs == [("好", "1"), ("坏", "0")]
    assert notes == ["rows cut to the width of the header: 1"]


def test_a_formula_that_was_never_computed_is_a_bad_row(tmp_path: Path) -> None:
    rows = [HEADER, ("好", 1), ('=A2&"!"', 0), ("坏", "=B2"), ("行", 1, "=1+1")]
    path = save(tmp_path / "a.xlsx", {"a": rows})
    with pytest.raises(DataError, match=r"row 3, column 'text': a formula(?s:.)*save it"):
        read(path, extra_cells="ignore")
    pairs, _ = read(path, extra_cells="ignore", on_bad_row="quarantine")
    assert pairs == [("好", "1"), ("行", "1")]
    bad = [json.loads(line) for line in (tmp_path / "out.quarantine.jsonl").open("rb")]
    assert [(row["row"], row["column"]) for row in bad] == [(3, "text"), (4, "label")]
    assert bad[0]["reason"].endswith('=A2&"!"')
    # as XlsxWriter does
    edit(path, "</f><v />", "</f><v>0</v>")
    pairs, _ = read(path, extra_cells="ignore", on_bad_row="quarantine")
    assert pairs == [("好", "1"), ("行", "1")]


def test_a_formula_with_a_value_is_read_by_it(tmp_path: Path) -> None:
    rows = [HEADER, ("=A9", 1), ("=A9", 0), ("坏", 0)]
    path = save(tmp_path / "a.xlsx", {"a": rows})
    edit(path, '<c r="A2"><f>A9</f><v /></c>', '<c r="A2" t="str"><f>A9</f><v>好</v></c>')
    edit(path, '<c r="A3"><f>A9</f><v /></c>', '<c r="A3" t="str"><f>A9</f><v></v></c>')
    assert read(path)[0] == [("好", "1"), ("", "0"), ("坏", "0")]
    edit(path, '<calcPr calcId="124519" fullCalcOnLoad="1" />', "", "xl/workbook.xml")
    assert read(path)[0] == [("好", "1"), ("", "0"), ("坏", "0")]


@pytest.mark.parametrize(
    "fault", ["#N/A", "#NAME?", "#VALUE!", "#REF!", "#DIV/0!", "#NUM!", "#NULL!"]
)
def test_an_error_of_the_workbook_is_a_bad_row(tmp_path: Path, fault: str) -> None:
    rows = [(*HEADER, "other"), ("好", 1, fault), (fault, 0), ("坏", fault), ("行", 1)]
    path = save(tmp_path / "a.xlsx", {"a": rows})
    with pytest.raises(DataError, match=f"row 3, column 'text'(?s:.)*{fault.replace('?', '.')}"):
        read(path)
    pairs, _ = read(path, on_bad_row="quarantine")
    assert pairs == [("好", "1"), ("行", "1")]
    bad = [json.loads(line) for line in (tmp_path / "out.quarantine.jsonl").open("rb")]
    assert all(fault in row["reason"] and fault in row["raw"] for row in bad)


def test_a_workbook_of_another_name_is_read_by_its_format(tmp_path: Path) -> None:
    path = save(tmp_path / "a.xlsx", {"a": ONE})
    assert read(path.rename(tmp_path / "a.csv"), format="xlsx")[0] == [("一", "1")]
    assert read((tmp_path / "a.csv").rename(tmp_path / "a.xlsm"))[0] == [("一", "1")]
