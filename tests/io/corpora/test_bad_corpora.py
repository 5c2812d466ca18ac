"""Files, rows and options at fault are told by their place, and by the options of a corpus."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import pytest

from weitiao.errors import ConfigError, DataError
from weitiao.io.corpora import Corpus


def documents(path: Path, **options: Any) -> list[str]:
    return list(Corpus(str(path), **options).documents())


BAD_ROWS = {
    "jsonl": (b'{"text": "a"}\n{"text": null}\n', 2, "text", "missing"),
    "json": (b'[{"text": "a"}, {"text": ["b"]}]', 2, "text", "a list is not a text"),
    "csv": (b'text\na\n"b\n', 3, None, "a quote opens here"),
    "tsv": (b"n\ttext\n1\ta\n2\n", 3, None, "1 cells, not 2"),
    "txt": (b"a\n\xff\n", 2, "text", "not utf-8"),
}


@pytest.mark.parametrize("suffix", list(BAD_ROWS))
def test_a_bad_row_is_told_by_its_place(tmp_path: Path, suffix: str) -> None:
    data, row, column, problem = BAD_ROWS[suffix]
    file = tmp_path / f"a.{suffix}"
    file.write_bytes(data)
    with pytest.raises(DataError, match=problem) as error:
        documents(file)
    assert (error.value.file, error.value.row, error.value.column) == (str(file), row, column)


FAULTS: dict[str, tuple[bytes, list[str]]] = {
    "binary": (bytes(range(256)) * 9, ["binary file", "format parquet or arrow"]),
    "binary.txt": (b"\0\1\2", ["binary file"]),
    "wide.txt": ("好\n".encode("utf-16"), ["in UTF-16, ", "→ encoding auto"]),
    "unpacked": (gzip.compress(b"a\n"), ["compressed", "end in .gz"]),
    "a.xlsx": (b"PK\x03\x04", ["workbook", "save it as CSV"]),
    "a.tar.gz": (gzip.compress(b"a\n"), ["archive", "unpack it"]),
    "a.tgz": (gzip.compress(b"a\n"), ["archive", "unpack it"]),
    "a.parquet.gz": (gzip.compress(b"a\n"), ["parquet file within a packed one"]),
    "broken.parquet": (b"PAR1 and no more", ["can't be read as parquet"]),
    "cut.txt.gz": (gzip.compress(b"abc\n" * 9999)[:-9], ["cut off", "lines"]),
    "column.csv": (b"content,n\na,1\n", ["'content', 'n'", "text NAME"]),
    "key.jsonl": (b'{"txt": "a"}\n', ["'txt'", "did you mean 'txt'? Say text txt"]),
    "empty.txt": (b"", ["the file is empty"]),
    "blank.txt": (b"\n\n", ["no document"]),
}


@pytest.mark.parametrize("name", list(FAULTS))
def test_a_file_at_fault_is_named(tmp_path: Path, name: str) -> None:
    data, told = FAULTS[name]
    (tmp_path / name).write_bytes(data)
    with pytest.raises(DataError) as error:
        documents(tmp_path / name)
    assert str(error.value.file) == str(tmp_path / name)
    assert all(part in str(error.value) for part in told), error.value


def test_files_are_looked_up_before_the_first_document(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("a\n", "utf-8")
    with pytest.raises(DataError, match="no file fits"):
        Corpus([str(tmp_path / "a.txt"), str(tmp_path / "b*")]).documents()
    with pytest.raises(DataError, match=r"no file is named\s+→ train FILE; files FILE"):
        Corpus([]).documents()
    with pytest.raises(ConfigError, match=r"encoding: Python knows no text encoding"):
        documents(tmp_path / "a.txt", encoding="utf-9")


@pytest.mark.parametrize("name", ["hf:me/it#train", "SELECT text FROM t", "q.sql"])
def test_data_sets_and_queries_are_refused(name: str) -> None:
    with pytest.raises(ConfigError, match="from files"):
        Corpus(name).documents()


def test_nothing_left_is_told_with_the_reason(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("一\n二\n", "utf-8")
    with pytest.raises(DataError, match=r"a.txt: .* of 5 or more characters \(2 are shorter\)"):
        documents(tmp_path / "a.txt", min_chars=5)


@pytest.mark.parametrize(
    ("suffix", "options"),
    [("txt", {"text": "body"}), ("wet", {"text": "body"}), ("wet", {"encoding": "gb18030"})],
)
def test_options_without_effect_are_refused(
    tmp_path: Path, suffix: str, options: dict[str, str]
) -> None:
    (tmp_path / f"a.{suffix}").write_text("a\n", "utf-8")
    with pytest.raises(ConfigError, match=f"^{next(iter(options))} has no effect"):
        documents(tmp_path / f"a.{suffix}", **options)


def test_min_chars_is_at_least_one() -> None:
    with pytest.raises(ConfigError, match=r"min_chars must be at least 1, got 0"):
        Corpus("a.txt", min_chars=0)
