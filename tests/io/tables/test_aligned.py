"""Aligned text files: a language a file, a segment a line."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import pytest

from weitiao.errors import ConfigError, DataError
from weitiao.io.tables.reader import Reader

EN = ["I have two cats.", "It is raining.", "So what?"]
ZH = ["我有两只猫。", "又下雨了。", "那又怎样？"]


def write(folder: Path, **files: list[str] | bytes) -> Path:
    """The folder, with a file ``train.NAME`` for each."""
    for name, lines in files.items():
        content = lines if isinstance(lines, bytes) else "".join(f"{x}\n" for x in lines).encode()
        (folder / f"train.{name}").write_bytes(content)
    return folder


def read(name: Path | list[str], *columns: str, **options: Any) -> list[tuple[Any, ...]]:
    """Roles and rows; columns are ``role=name``."""
    named = dict(each.split("=") for each in columns) or {"text": "text", "label": "label"}
    out = (Path(name[0]) if isinstance(name, list) else name).with_name("out.arrow")
    files = name if isinstance(name, list) else str(name)
    table = Reader(columns=named, **options).read(files, out)
    return [tuple(row[role] for role in named) for row in table.to_pylist()]


def test_the_first_in_braces_is_read_and_the_other_written(tmp_path: Path) -> None:
    folder = write(tmp_path, en=EN, zh=ZH)
    assert read(folder / "train.{en,zh}") == [*zip(EN, ZH, strict=True)]
    assert read(folder / "train.{zh, en}") == [*zip(ZH, EN, strict=True)]
    assert read(folder / "train.{en,zh}", "text=text") == [(line,) for line in EN]


@pytest.mark.parametrize("named", [("zh", "en"), ("zh", "label"), ("text", "en")])
def test_languages_are_columns(named: tuple[str, str], tmp_path: Path) -> None:
    folder = write(tmp_path, en=EN, zh_CN=ZH)
    found = read(folder / "train.{en,zh_CN}", f"text={named[0]}", f"label={named[1]}")
    assert found == [*zip(ZH, EN, strict=True)]


def test_further_files_may_be_columns_and_of_three_languages_two_are_named(tmp_path: Path) -> None:
    name = write(tmp_path, en=EN, zh=ZH, ids=["a", "b", "c"]) / "train.{en,zh,ids}"
    assert read(name, "text=text", "label=label", "id=ids")[2] == (EN[2], ZH[2], "c")
    with pytest.raises(DataError, match=r"column 'label'.*the columns are 'en', 'zh', 'ids'"):
        read(name)


def test_braces_may_stand_anywhere_and_behind_a_pattern(tmp_path: Path) -> None:
    for part, place in (("a", 0), ("a.b", 1)):  # in sorted order of each language they'd be crossed
        for language, lines in (("en", EN), ("zh", ZH)):
            packed = gzip.compress(lines[place].encode())
            (tmp_path / f"{part}.{language}.txt.gz").write_bytes(packed)
    found = read(tmp_path / "*.{en,zh}.txt.gz")
    assert sorted(found) == sorted(zip(EN[:2], ZH[:2], strict=True))
    folders = [str(tmp_path / "{x/src,y/ref}.txt"), str(tmp_path / "a.{en,zh}.txt.gz")]
    for name, line in (("x/src", "one"), ("y/ref", "一")):
        (tmp_path / name).parent.mkdir()
        (tmp_path / f"{name}.txt").write_text(line, "utf-8")
    assert read(folders) == [("one", "一"), (EN[0], ZH[0])]


def test_only_line_feeds_end_lines(tmp_path: Path) -> None:
    odd = ["a\u2028b", "c\u0085d\x0ce", "f\x0bg\x1ch\ri", "j\u2029k"]
    folder = write(tmp_path, en="\r\n".join(odd).encode(), zh=["1", "2", "3", "4"])
    assert read(folder / "train.{en,zh}") == [*zip(odd, "1234", strict=True)]


def test_each_file_has_its_own_encoding_and_mark(tmp_path: Path) -> None:
    en, zh = ["“Déjà vu”, he said."] * 9, ["他说，似曾相识。"] * 9
    marked, legacy = "\n".join(en).encode("utf-8-sig"), "\r\n".join(zh).encode("gb18030")
    name = write(tmp_path, en=marked, zh=legacy) / "train.{en,zh}"
    notes: list[str] = []
    table = Reader().read(str(name), tmp_path / "out.arrow", notes=notes)
    assert (table["text"].to_pylist(), table["label"].to_pylist()) == (en, zh)
    assert notes == [f"{name}: {tmp_path}/train.zh isn't in UTF-8, and is read as gb18030"]
    with pytest.raises(DataError, match=r"row 1, column 'en': these bytes are not gb2312"):
        read(name, encoding="gb2312")


def test_bytes_that_are_no_text_are_a_bad_row_of_their_side(tmp_path: Path) -> None:
    broken = "\n".join(ZH).encode().replace("雨".encode(), b"\xe9\xff")
    name = write(tmp_path, en=EN, zh=broken) / "train.{en,zh}"
    with pytest.raises(
        DataError,
        match=r"\{en,zh\}, row 2, column 'zh': these bytes are not utf-8 .*xff.*\n.*encoding",
    ):
        read(name, encoding="utf-8")
    mixed = "\n".join(ZH[:2]).encode("gb18030") + "\n你好".encode()
    with pytest.raises(DataError, match="row 3, column 'zh': these bytes are UTF-8, not gb18030"):
        read(write(tmp_path, zh=mixed) / "train.{en,zh}", encoding="gb18030")
    write(tmp_path, zh=broken)
    kept = read(name, encoding="utf-8", on_bad_row="quarantine")
    assert kept == [(EN[0], ZH[0]), (EN[2], ZH[2])]


def test_a_line_that_is_empty_on_one_side_is_no_row_and_is_counted(tmp_path: Path) -> None:
    name = write(tmp_path, en=["a", "", "c", " ", "e"], zh=["1", "2", "\u3000", "", "5"])
    notes: list[str] = []
    table = Reader().read(str(name / "train.{en,zh}"), tmp_path / "out.arrow", notes=notes)
    found = table.select(["text", "label", "row"]).to_pylist()
    assert found == [
        {"text": "a", "label": "1", "row": 1},
        {"text": "e", "label": "5", "row": 5},
    ]
    assert notes == [f"{name}/train.{{en,zh}}: lines of which one side is empty, left out: 3"]
    assert read(name / "train.{en,zh}", "text=text") == [("a",), ("",), ("c",), (" ",), ("e",)]


@pytest.mark.parametrize("more", [1, 40_000], ids=["few", "more_than_are_taken_at_a_time"])
def test_files_of_different_numbers_of_lines_are_refused_with_both(
    more: int, tmp_path: Path
) -> None:
    name = write(tmp_path, en=EN * more, zh=[*ZH * more, "多"]) / "train.{en,zh}"
    counts = rf"train.en has {3 * more:,}, \S+train.zh has {3 * more + 1:,}"
    with pytest.raises(DataError, match=f"different numbers of lines.*{counts}"):
        read(name, on_bad_row="quarantine")


def test_what_is_no_name_of_aligned_files_is_refused_with_the_way_out(tmp_path: Path) -> None:
    folder = write(tmp_path, en=EN, zh=ZH, csv=["text,label", "a,b"])
    for name, said in (
        ("train.{en,fr}", "train.fr: there is no such file"),
        ("train.{en,en}", "named twice"),
        ("train.{e*,zh}", r"written out\n.*may stand before them"),
        ("{train,train}.csv", "named twice"),
        ("train.en", r"suffix '.en' doesn't.*\n.*aligned files: train '\S+train.\{en,zh\}'"),
    ):
        with pytest.raises(DataError, match=said):
            read(folder / name)
    (folder / "more.csv").write_text("text,label\nc,d", "utf-8")
    with pytest.raises(DataError, match=r"these are tables\n  → a list has the rows of all"):
        read(folder / "{train,more}.csv")
    with pytest.raises(DataError, match=r"named together\n  → train 'NAME.\{en,zh\}'"):
        read(folder / "train.en", format="moses")
    assert read(folder / "train.{en,zh}", format="moses") == [*zip(EN, ZH, strict=True)]
    for option in ({"header": False}, {"format": "csv"}, {"sheet": "a"}):
        with pytest.raises(ConfigError, match="has no effect on"):
            read(folder / "train.{en,zh}", **option)


def test_a_file_may_have_braces_in_its_name(tmp_path: Path) -> None:
    (tmp_path / "a{b,c}.csv").write_text("text,label\nx,y\n", "utf-8")
    assert read(tmp_path / "a{b,c}.csv") == [("x", "y")]


def test_lines_to_predict_are_the_text_whatever_its_column_was_called(tmp_path: Path) -> None:
    name = write(tmp_path, zh=ZH) / "train.zh"
    assert read(name, "text=zh", format="lines") == [(line,) for line in ZH]
