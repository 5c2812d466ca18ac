"""What is written as CSV comes back cell by cell, whatever the cells hold."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest
from text_parts import roles

from weitiao.io.csv_file import write_csv
from weitiao.io.tables import Reader

SOURCE = Path(__file__).parents[2] / "src"
MARKS = ["\r", "\n", "\r\n", "\n\r", "\r\r", ",", '"', "\t", "\x0b", "\x1c", "\x85", "\u2028", "'"]
CELLS = [cell for mark in MARKS for cell in (mark, f"前{mark}后", f"{mark}后", f"前{mark}")]


@pytest.mark.parametrize("width", [2, 3])
def test_every_mark_comes_back(tmp_path: Path, width: int) -> None:
    rows = [[cell, *["x"] * (width - 2), cell] for cell in CELLS]
    write_csv(tmp_path / "a.csv", rows)
    with (tmp_path / "a.csv").open(newline="", encoding="utf-8") as file:
        assert list(csv.reader(file, strict=True)) == rows


def test_what_is_written_can_be_read(tmp_path: Path) -> None:
    rows = [[f"id{i}", cell, cell, f"标{cell}签"] for i, cell in enumerate(CELLS)]
    write_csv(tmp_path / "a.csv", [["no", "text", "pair", "label"], *rows])
    reader = Reader(roles(pair="pair", id="no"))
    table = reader.read(str(tmp_path / "a.csv"), tmp_path / "out.arrow")
    found = table.select(["id", "text", "pair", "label"]).to_pylist()
    assert [list(row.values()) for row in found] == rows


def test_rows_end_in_a_line_feed_and_little_is_quoted(tmp_path: Path) -> None:
    write_csv(tmp_path / "a.csv", [["a", 1.5, None], ["x,y", "r\r\n", "-"]])
    assert (tmp_path / "a.csv").read_bytes() == b'a,1.5,\n"x,y","r\r\n",-\n'


def test_nothing_else_writes_csv() -> None:
    found = {
        str(path.relative_to(SOURCE))
        for path in SOURCE.rglob("*.py")
        if re.search(r"csv\.(Dict)?[wW]riter\(", path.read_text("utf-8"))
    }
    assert found == {"weitiao/io/csv_file.py"}
