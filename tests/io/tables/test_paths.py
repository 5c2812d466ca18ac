"""Which files are read: patterns, names, kinds; those at fault are named."""

from __future__ import annotations

from pathlib import Path

import pytest
from table_formats import read

from weitiao.errors import DataError
from weitiao.io.tables import Reader


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


@pytest.mark.parametrize(
    ("cells", "way_out"), [("reply", "chat.md#plain-text"), ("text", r"NAME.\{en,zh\}")]
)
def test_the_first_word_of_a_line_is_no_text_to_be_written(
    cells: str, way_out: str, tmp_path: Path
) -> None:
    (tmp_path / "manual.txt").write_text("Books are lent for 3 days.\n" * 9, "utf-8")
    with pytest.raises(DataError, match=rf"lines of text have nothing.*\n.*{way_out}"):
        read(tmp_path / "manual.txt", format="lines", cells=cells)
    found = Reader({"text": "text"}, format="lines", cells=cells)
    out = tmp_path / "out.arrow"
    assert found.read(str(tmp_path / "manual.txt"), out).num_rows == 9  # which are to be answered


def test_globs_are_sorted_and_ids_run_over_all_files(tmp_path: Path) -> None:
    for name in ("b", "a", "c"):
        (tmp_path / f"{name}.csv").write_text(f"text,label\n{name}1,0\n{name}2,1\n")
    (tmp_path / "d.tsv").write_text("label\ttext\n0\td1\n")
    patterns = [str(tmp_path / "*.csv"), str(tmp_path / "d.tsv")]
    table = Reader().read(patterns, tmp_path / "out.arrow")
    assert table["text"].to_pylist() == ["a1", "a2", "b1", "b2", "c1", "c2", "d1"]
    assert table["id"].to_pylist() == [str(i) for i in range(7)]
    assert [Path(f).name for f in table["file"].unique().to_pylist()] == [
        "a.csv",
        "b.csv",
        "c.csv",
        "d.tsv",
    ]


def test_relative_paths_stay_relative(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.csv").write_text("text,label\n好,1\n")
    monkeypatch.chdir(tmp_path)
    assert Reader().read("*.csv", Path("out.arrow"))["file"].to_pylist() == ["a.csv"]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("revews.csv", r"no such file.*\n.*did you mean .*reviews\.csv"),
        ("none/*.csv", "no file fits this pattern"),
        ("folder", r"not a file.*\n.*folder/\*\.csv"),
        ("empty.csv", "the file is empty"),
        ("header.csv", "holds no row"),
        ("blank.csv", "holds no row"),
        ("notes.txt", r"suffix '\.txt'.*\n.*format"),
        ("picture.csv", "binary"),
        ("broken.parquet", "can't be read as parquet"),
        ("broken.xlsx", "can't be read as xlsx"),
        ("utf16.csv", "can't be read as csv"),
    ],
)
def test_a_file_at_fault_is_named(tmp_path: Path, name: str, message: str) -> None:
    (tmp_path / "folder").mkdir()
    for file, data in {
        "reviews.csv": b"text,label\nx,1\n",
        "empty.csv": b"",
        "header.csv": b"text,label\n",
        "blank.csv": b"\n\n",
        "notes.txt": b"1 x\n",
        "picture.csv": b"GIF89a\0\0\xff\0" * 50,
        "broken.parquet": b"PAR1 no",
        "broken.xlsx": b"PK no",
        "utf16.csv": b"text,label\nx,1\n",
    }.items():
        (tmp_path / file).write_bytes(data)
    encoding = "utf-16" if name == "utf16.csv" else "auto"
    with pytest.raises(DataError, match=f"(?s){message}") as error:
        Reader(encoding=encoding).read(str(tmp_path / name), tmp_path / "out.arrow")
    assert str(tmp_path / name) in str(error.value)
    assert not list(tmp_path.glob("*.arrow")) + list(tmp_path.glob(".*.part"))


def test_a_file_may_not_be_named_twice(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("text,label\n好,1\n")
    with pytest.raises(DataError, match="named twice"):
        Reader().read([str(tmp_path / "*.csv"), str(tmp_path / "a.csv")], tmp_path / "out.arrow")
