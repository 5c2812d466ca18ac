"""Folders of pictures as tables, and rows whose file can't be opened."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pytest
from small_pictures import stripes, write_pictures

from weitiao.errors import DataError
from weitiao.inputs.image.opening import PictureOpener
from weitiao.io.tables import Reader

COLUMNS = {"text": "path", "label": "label"}


def read(folder: Path, files: Path, notes: list[str] | None = None, **options: object) -> pa.Table:
    columns = options.pop("columns", COLUMNS)
    reader = Reader(columns, opener=PictureOpener(), **options)  # type: ignore[arg-type]
    return reader.read(str(files), folder / "out.arrow", folder / "aside.jsonl", notes)


def test_a_folder_of_classes_is_a_table(tmp_path: Path) -> None:
    table = read(tmp_path, write_pictures(tmp_path / "train", 2))
    assert table["text"].to_pylist() == [
        f"{c}/00{n}.png" for c in ("across", "down") for n in (0, 1)
    ]
    assert table["label"].to_pylist() == ["across", "across", "down", "down"]
    assert table["row"].to_pylist() == [1, 2, 3, 4]
    assert table["width"].to_pylist() == [20] * 4
    assert len({*table["digest"].to_pylist()}) == 4


def test_what_else_is_in_it_is_counted_or_refused(tmp_path: Path) -> None:
    folder = write_pictures(tmp_path / "train", 1)
    (folder / "down" / "deeper").mkdir()
    stripes("down", 9).save(folder / "down" / "deeper" / "a.png")
    (folder / "down" / "notes.txt").write_text("x")
    (folder / "link").symlink_to(folder / "down")
    notes: list[str] = []
    table = read(tmp_path, folder, notes)
    assert table["label"].to_pylist() == ["across", "down", "down"]
    assert {note.partition(": ")[2] for note in notes} == {
        "files in folders below that of their class: 1",
        "files that are no pictures or sounds, left out: 1",
        "links to folders, which aren't followed: 1",
    }
    stripes("down", 10).save(folder / "loose.png")
    with pytest.raises(
        DataError, match=r"row 4.*beside the folders of classes.*loose\.png"
    ) as found:
        read(tmp_path, folder)
    assert "CLASS/loose.png" in (found.value.hint or "")
    assert read(tmp_path, folder, on_bad_row="quarantine").num_rows == 3
    flat = read(tmp_path, folder, columns={"text": "path"})
    assert flat["text"].to_pylist()[-1] == "loose.png"


def test_a_folder_without_pictures_or_for_texts_is_refused(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match="not a file") as found:
        read(tmp_path, tmp_path / "empty")
    assert ".jpg" in (found.value.hint or "")
    folder = write_pictures(tmp_path / "train", 1)
    with pytest.raises(DataError, match="not a file") as found:
        Reader().read(str(folder), tmp_path / "out.arrow")
    assert "--task" in (found.value.hint or "")
    file = tmp_path / "a.csv"
    file.write_text("path,label\nx,y\n")
    with pytest.raises(DataError, match="no folder"):
        read(tmp_path, file, format="folder")


@pytest.mark.parametrize(
    ("cell", "reason"),
    [
        ("nothing.png", "there is no such file"),
        ("", "no file is named"),
        ("cut.png", "truncated"),
        ("table.csv", "no JPEG"),
        ("across", "a folder"),
    ],
)
def test_a_row_whose_picture_is_no_use_is_bad(tmp_path: Path, cell: str, reason: str) -> None:
    write_pictures(tmp_path / "there", 1)
    whole = (tmp_path / "there" / "down" / "000.png").read_bytes()
    (tmp_path / "there" / "cut.png").write_bytes(whole[: len(whole) // 2])
    table = tmp_path / "there" / "table.csv"
    table.write_text(f"path,label\ndown/000.png,down\n{cell},x\nacross/000.png,across\n")
    with pytest.raises(DataError, match=f"row 3.*'path'.*{reason}.*value: '{cell}'") as found:
        read(tmp_path, table)
    assert "quarantine" in (found.value.hint or "")
    kept = read(tmp_path, table, on_bad_row="quarantine")
    assert kept["text"].to_pylist() == ["down/000.png", "across/000.png"]
    assert kept["digest"].null_count == 0
    (aside,) = map(json.loads, (tmp_path / "aside.jsonl").read_text().splitlines())
    assert aside["row"] == 3
    assert reason in aside["reason"]


def test_paths_are_relative_to_their_table_or_absolute(tmp_path: Path) -> None:
    folder = write_pictures(tmp_path / "elsewhere", 1)
    table = folder / "rows.jsonl"
    cells = ["down/000.png", str(folder / "across" / "000.png")]
    lines = (json.dumps({"path": cell, "label": "x"}) for cell in cells)
    table.write_text("\n".join(lines))
    assert read(tmp_path, table).num_rows == 2
