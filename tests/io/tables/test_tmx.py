"""Translation memories, and translations as `datasets` keeps them: languages are columns."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.feather as feather
import pyarrow.parquet as pq
import pytest

from weitiao.errors import ConfigError, DataError
from weitiao.io.tables.reader import Reader

PAIRS = [("I have two cats.", "我有两只猫。"), ("It is raining & cold.", "又下雨了。")]


def memory(*units: str, source: str = "en-US", before: str = "") -> str:
    return (
        f'<?xml version="1.0"?>{before}<tmx version="1.4"><header srclang="{source}"/><body>'
        + "".join(f"<tu>{unit}</tu>" for unit in units)
        + "</body></tmx>"
    )


def variant(language: str, text: str) -> str:
    return f'<tuv xml:lang="{language}"><seg>{text}</seg></tuv>'


def both(en: str, zh: str) -> str:
    return variant("en-US", en.replace("&", "&amp;")) + variant("zh-CN", zh)


def write(folder: Path, content: str | bytes) -> Path:
    path = folder / "memory.tmx"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def read(
    path: Path, text: str = "text", label: str | None = "label", **options: Any
) -> list[tuple[str, ...]]:
    columns = {"text": text} | ({"label": label} if label else {})
    table = Reader(columns=columns, **options).read(str(path), path.with_suffix(".out"))
    return [tuple(row[role] for role in columns) for row in table.to_pylist()]


def test_the_files_source_language_is_read_and_the_other_written(tmp_path: Path) -> None:
    path = write(tmp_path, memory(*(both(*pair) for pair in PAIRS)))
    assert read(path) == PAIRS
    assert read(path, label=None) == [(en,) for en, _ in PAIRS]
    packed = tmp_path / "memory.tmx.gz"
    packed.write_bytes(gzip.compress(path.read_bytes()))
    assert read(packed) == PAIRS


@pytest.mark.parametrize(("text", "label"), [("zh", "en"), ("ZH-cn", "en_US"), ("zh-CN", "en-US")])
def test_languages_are_columns_however_they_are_written(
    text: str, label: str, tmp_path: Path
) -> None:
    path = write(tmp_path, memory(*(both(*pair) for pair in PAIRS), source="*all*"))
    assert read(path, text, label) == [(zh, en) for en, zh in PAIRS]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_a_file_says_itself_how_it_is_encoded(encoding: str, tmp_path: Path) -> None:
    path = write(tmp_path, memory(both(*PAIRS[0])).encode(encoding))
    assert read(path) == PAIRS[:1]
    with pytest.raises(ConfigError, match="encoding has no effect on tmx"):
        read(path, encoding="gbk")


def test_codes_of_other_formats_are_no_text_and_are_counted(tmp_path: Path) -> None:
    marked = 'two <bpt i="1">&lt;b&gt;</bpt><hi>cats</hi><ept i="1">&lt;/b&gt;</ept>.'
    path, notes = write(tmp_path, memory(variant("en-US", marked) + variant("zh", "猫"))), []
    table = Reader().read(str(path), tmp_path / "out", notes=notes)
    assert table["text"].to_pylist() == ["two cats."]
    assert notes == [f"{path}: codes of other formats in texts, left out: 2"]


def test_of_several_texts_of_a_language_the_first_counts(tmp_path: Path) -> None:
    path, notes = write(tmp_path, memory(both("a", "甲") + variant("zh-CN", "乙"))), []
    table = Reader().read(str(path), tmp_path / "out", notes=notes)
    assert table["label"].to_pylist() == ["甲"]
    assert notes == [f"{path}: further texts of a language in a unit, left out: 1"]


def test_a_unit_without_a_language_is_a_bad_row(tmp_path: Path) -> None:
    path = write(tmp_path, memory(both(*PAIRS[0]), variant("en-US", "alone")))
    with pytest.raises(DataError, match=r"row 2, column 'label'.*missing"):
        read(path)
    assert read(path, on_bad_row="quarantine") == PAIRS[:1]


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (memory(both("a", "b"))[:-13], r"broken in line 1, after 1 whole units: no element found"),
        ("<html></html>", r"no TMX: its root is <html>"),
        (memory(), r"no units of translation"),
        (memory(both("a", "b"), variant("de", "c"), source="*all*"), r"'en-US', 'zh-CN', 'de'"),
        (
            memory(both("a", "b"), before='<!DOCTYPE tmx [<!ENTITY e "x">]>'),
            "entity of its own, 'e'",
        ),
    ],
)
def test_what_is_no_memory_of_two_languages_is_told(
    content: str, problem: str, tmp_path: Path
) -> None:
    with pytest.raises(DataError, match=problem):
        read(write(tmp_path, content))


def test_only_what_a_language_specifies_stands_for_it(tmp_path: Path) -> None:
    unit = both("a", "b") + variant("en-GB", "c")
    with pytest.raises(DataError, match="no such column"):
        read(write(tmp_path, memory(unit)), "en", "zh")
    assert read(tmp_path / "memory.tmx", "en-gb", "zh") == [("c", "b")]


@pytest.mark.parametrize("form", ["jsonl", "json", "parquet", "arrow", "feather"])
def test_translations_of_datasets_have_columns_for_languages(form: str, tmp_path: Path) -> None:
    rows = [{"id": n, "translation": {"en": en, "zh": zh}} for n, (en, zh) in enumerate(PAIRS)]
    path, table = tmp_path / f"pairs.{form}", pa.Table.from_pylist(rows)
    if form == "parquet":
        pq.write_table(table, path)
    elif form == "feather":
        feather.write_feather(table, str(path))
    elif form == "arrow":
        with pa.OSFile(str(path), "wb") as file, pa.ipc.new_stream(file, table.schema) as writer:
            writer.write_table(table)
    else:
        lines = "\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
        path.write_text(json.dumps(rows) if form == "json" else lines, "utf-8")
    assert read(path, "zh", "en") == [(zh, en) for en, zh in PAIRS]


@pytest.mark.parametrize("form", ["jsonl", "parquet"])
def test_a_column_of_the_row_itself_goes_before_one_of_its_translation(
    form: str, tmp_path: Path
) -> None:
    row = {"zh": "外", "translation": {"en": "a", "zh": "内"}}
    path = tmp_path / f"pairs.{form}"
    if form == "parquet":
        pq.write_table(pa.Table.from_pylist([row]), path)
    else:
        path.write_text(json.dumps(row), "utf-8")
    assert read(path, "en", "zh") == [("a", "外")]


@pytest.mark.parametrize("source", ["en-US", "*all*"])
def test_of_two_languages_the_one_that_is_not_named_is_the_other(
    source: str, tmp_path: Path
) -> None:
    path = write(tmp_path, memory(*(both(*pair) for pair in PAIRS), source=source))
    assert read(path, "zh", "label") == [(zh, en) for en, zh in PAIRS]
    assert read(path, "text", "en") == [(zh, en) for en, zh in PAIRS]
