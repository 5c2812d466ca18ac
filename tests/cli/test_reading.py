"""Files as people have them, from the command line to what the run says of them."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from pathlib import Path

import pytest
from conftest import TINY, Command, reviews, write_csv

HEADER = ("review", "stars")
BEST = "logs/latest/checkpoints/best.ckpt"
ROWS = reviews(100)


def table(rows: Sequence[tuple[str, str]], separator: str = ",", end: str = "\n") -> str:
    text = io.StringIO()
    csv.writer(text, delimiter=separator, lineterminator=end).writerows([HEADER, *rows])
    return text.getvalue()


def save_workbook(path: Path) -> None:
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    book.active.title = "old"
    book.active.sheet_state = "hidden"
    for title, rows in {"old": reviews(5, seed=8), "new": ROWS[60:80], "notes": []}.items():
        sheet = book[title] if title in book.sheetnames else book.create_sheet(title)
        for row in [HEADER, *rows] if rows else []:
            sheet.append(row)
    book.save(path)


@pytest.fixture(scope="module")
def fitted(tmp_path_factory: pytest.TempPathFactory, command: Command) -> tuple[Path, str]:
    """A run on such files, and what it printed."""
    folder = tmp_path_factory.mktemp("reading")
    (folder / "数据[2026]").mkdir()
    parts = table(ROWS[:30], ";").replace("。", "。\0", 1), table(ROWS[30:60], ";", "\r\n")
    (folder / "数据[2026]" / "a.csv").write_text(parts[0], "utf-8", newline="")
    again = f"\ufeff{parts[1]}\ufeff{';'.join(HEADER)}\n"
    (folder / "数据[2026]" / "b.csv").write_text(again, "utf-8", newline="")
    save_workbook(folder / "val.xlsx")
    quoted = "".join(f'"{text}"\t{label}\n' for text, label in [HEADER, *ROWS[80:]])
    (folder / "test.tsv").write_text(quoted.replace('"review"', "review"), "utf-8")
    files = ("--data.train=数据[2026]/*.csv", "--data.val=val.xlsx", "--data.test=test.tsv")
    done = command("train", *files, *TINY, "--data.on_bad_row=quarantine", cwd=folder)
    assert done.code == 0, done.err
    return folder, " ".join(done.err.split())


@pytest.mark.parametrize(
    ("split", "said"),
    [
        ("train", ["数据[2026]/a.csv and 1 more: its first rows have cells separated by ';'"]),
        ("train", ["数据[2026]/a.csv: NUL bytes removed: 1"]),
        ("val", ["val.xlsx: the sheet 'new' is read; left out: 'old', which is hidden"]),
        ("test", ["test.tsv: 20 of 20 cells of 'review' are in quotation marks", "format csv"]),
    ],
)
def test_how_files_were_read_is_said(fitted: tuple[Path, str], split: str, said: list[str]) -> None:
    folder, screen = fitted
    notes = json.loads((folder / "logs/latest/audit.json").read_text("utf-8"))["read"][split][
        "notes"
    ]
    assert any(all(part in note for part in said) for note in notes), notes
    assert all(part in screen for part in said), screen


def test_the_header_again_is_set_aside(fitted: tuple[Path, str]) -> None:
    read = json.loads((fitted[0] / "logs/latest/audit.json").read_text("utf-8"))["read"]
    assert (read["train"]["rows"], read["train"]["quarantined"]) == (60, 1)
    assert "! train: 1 rows could not be read and were set aside" in fitted[1]


@pytest.mark.parametrize(
    ("verb", "name", "data", "options", "said"),
    [
        ("predict", "a.csv", table(ROWS[:3], "\t", "\r"), [], ["separated by a tab"]),
        ("predict", "a.csv", table(ROWS[:3], ":"), ["--data.separator=:"], []),
        ("test", "a.csv", table(ROWS[:9], "|"), ["--data.separator=|"], []),
        ("test", "a.csv", table(ROWS[:9]) + "好,好评,x\n", ["--data.extra_cells=ignore"], [": 1"]),
    ],
)
def test_new_files_may_be_written_otherwise(
    fitted: tuple[Path, str],
    command: Command,
    tmp_path: Path,
    verb: str,
    name: str,
    data: str,
    options: list[str],
    said: list[str],
) -> None:
    (tmp_path / name).write_text(data, "utf-8", newline="")
    given = (f"--ckpt_path={fitted[0] / BEST}", f"--data.{verb}={name}", "--out=out.csv")
    done = command(verb, *given, *options, cwd=tmp_path)
    assert done.code == 0, done.err
    assert all(part in done.err for part in said), done.err
    with (tmp_path / "out.csv").open(newline="", encoding="utf-8") as file:
        texts = [row["text"] for row in csv.DictReader(file)]
    assert texts[:3] == [text for text, _ in ROWS[:3]]


def test_a_bad_row_to_measure_on_is_told_by_options_that_are_there(
    fitted: tuple[Path, str], command: Command, tmp_path: Path
) -> None:
    (tmp_path / "a.csv").write_text(table(ROWS[:3]) + "好,好评,x\n", "utf-8")
    done = command("test", f"--ckpt_path={fitted[0] / BEST}", "--data.test=a.csv", cwd=tmp_path)
    assert done.code == 1
    assert "row 5: the row has 3 cells, not 2" in done.err
    assert "--data.extra_cells ignore" in done.err
    assert "on_bad_row" not in done.err


def test_the_way_out_of_another_kind_of_file_is_what_works(
    command: Command, tmp_path: Path
) -> None:
    """What the message says is typed again, and trains."""
    write_csv(tmp_path / "my.csv", ROWS, ("the review", "the;stars"))
    done = command("fit", "--data.train=my.csv", *TINY, "--data.text=review", cwd=tmp_path)
    assert done.code == 1
    assert "--data.input.text 'the review'" in done.err
    options = ("--data.text=the review", "--data.target.label=stars")
    done = command("fit", "--data.train=my.csv", *TINY, *options, cwd=tmp_path)
    assert "--data.target.label 'the;stars'" in done.err
