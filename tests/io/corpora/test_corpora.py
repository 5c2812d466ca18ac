"""The stream of documents: formats, order, repeats, the key of its cache."""

from __future__ import annotations

import bz2
import csv
import gzip
import io
import json
import lzma
import os
import subprocess
import sys
import zipfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.feather as feather
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from weitiao.errors import DataError
from weitiao.io import corpora
from weitiao.io.corpora import Corpus

TEXTS = ["第一篇，很长。", "the second, a “short” one", "第三", " a  b ", "x"]


def as_csv(texts: list[str], delimiter: str = ",") -> bytes:
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter).writerows([["n", "text"], *enumerate(texts)])
    return out.getvalue().encode()


def as_json(texts: list[str]) -> list[str]:
    return [json.dumps({"n": i, "text": text}, ensure_ascii=False) for i, text in enumerate(texts)]


WRITTEN: dict[str, bytes] = {
    "txt": "\n\n".join(TEXTS).encode(),
    "jsonl": "\n".join(as_json(TEXTS)).encode(),
    "json": f"[{', '.join(as_json(TEXTS))}]".encode(),
    "csv": as_csv(TEXTS),
    "tsv": "\n".join(f"{i}\t{text}" for i, text in [("n", "text"), *enumerate(TEXTS)]).encode(),
}


def zipped(data: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("member.txt", data)
    return out.getvalue()


PACK: dict[str, Callable[[bytes], bytes]] = {
    ".gz": gzip.compress,
    ".bz2": bz2.compress,
    ".xz": lzma.compress,
    ".zst": lambda data: pa.Codec("zstd").compress(data, asbytes=True),
}


def documents(path: Path, **options: Any) -> list[str]:
    return list(Corpus(str(path), **options).documents())


@pytest.mark.parametrize("packed", ["", *PACK])
@pytest.mark.parametrize("suffix", list(WRITTEN))
def test_each_format_gives_the_same_documents(tmp_path: Path, suffix: str, packed: str) -> None:
    file = tmp_path / f"a.{suffix}{packed}"
    file.write_bytes(PACK[packed](WRITTEN[suffix]) if packed else WRITTEN[suffix])
    assert documents(file) == TEXTS


def test_a_zip_file_goes_by_the_name_of_its_member(tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_bytes(zipped(WRITTEN["txt"]))
    assert documents(tmp_path / "a.zip") == TEXTS


@pytest.mark.parametrize("suffix", ["parquet", "arrow", "feather"])
def test_columnar_formats_give_the_same_documents(tmp_path: Path, suffix: str) -> None:
    table = pa.table({"body": TEXTS, "n": range(len(TEXTS))})
    file = tmp_path / f"a.{suffix}"
    if suffix == "parquet":
        pq.write_table(table, file)
    else:
        feather.write_feather(table, file)
    assert documents(file, text="body") == TEXTS
    if suffix != "feather":  # a name that tells nothing
        assert documents(file.rename(tmp_path / "part-0"), text="body") == TEXTS


@pytest.mark.parametrize("suffix", ["txt", "jsonl", "json"])
def test_the_first_bytes_tell_what_the_name_does_not(tmp_path: Path, suffix: str) -> None:
    (tmp_path / "part-0").write_bytes(WRITTEN[suffix])
    assert documents(tmp_path / "part-0") == TEXTS


@pytest.mark.parametrize("line", ["{a}", "[1] 注", '{"text"', "5", "[x", "a <mediawiki>"])
def test_text_that_only_resembles_another_format_is_text(tmp_path: Path, line: str) -> None:
    (tmp_path / "part-0").write_text(f"{line}\n", "utf-8")
    assert documents(tmp_path / "part-0") == [line]


def test_a_long_object_of_json_is_told_by_its_beginning(tmp_path: Path) -> None:
    (tmp_path / "part-0").write_text(as_json(["长" * 5000])[0], "utf-8")
    assert documents(tmp_path / "part-0") == ["长" * 5000]


def test_a_named_format_beats_the_name_of_the_file(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("一,二\n三\n", "utf-8")
    assert documents(tmp_path / "a.csv", format="lines") == ["一,二", "三"]


def test_files_come_in_the_order_named_and_globs_sorted(tmp_path: Path) -> None:
    for name in ("b2", "b1", "a"):
        (tmp_path / f"{name}.txt").write_text(f"{name}\n", "utf-8")
    files = [str(tmp_path / "b*.txt"), str(tmp_path / "a.txt")]
    assert list(Corpus(files).documents()) == ["b1", "b2", "a"]


@given(
    texts=st.lists(st.text("ab一 ", min_size=1, max_size=4), min_size=1, max_size=30),
    block=st.integers(1, 20),
    min_chars=st.integers(1, 3),
)
def test_what_is_left_out_is_counted(
    tmp_path_factory: pytest.TempPathFactory, texts: list[str], block: int, min_chars: int
) -> None:
    path = tmp_path_factory.getbasetemp() / "left_out.jsonl"
    path.write_text("\n".join(as_json([*texts, "aaaa"])), "utf-8")
    expected: Counter[str] = Counter()
    kept: dict[str, str] = {}
    for text in [*texts, "aaaa"]:
        if len(text.strip()) < min_chars:
            expected["short"] += 1
        elif (key := " ".join(text.split())) in kept:
            expected["repeated"] += 1
        else:
            kept[key] = text
    counts: Counter[str] = Counter()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("weitiao.io.corpora.corpus.BLOCK", block)
        assert list(Corpus(str(path), min_chars=min_chars).documents(counts)) == [*kept.values()]
    expected["documents"] = len(kept)
    expected["characters"] = sum(map(len, kept.values()))
    assert +counts == +expected


def test_repeats_are_found_across_files_and_kept_on_demand(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / f"{name}.txt").write_text("同样 的\n", "utf-8")
    counts: Counter[str] = Counter()
    assert list(Corpus(str(tmp_path / "*.txt")).documents(counts)) == ["同样 的"]
    assert counts == {"documents": 1, "characters": 4, "repeated": 1}
    both = Corpus(str(tmp_path / "*.txt"), deduplicate=False).documents(counts)
    assert list(both) == ["同样 的"] * 2
    assert counts == {"documents": 3, "characters": 12, "repeated": 1}


@pytest.mark.parametrize("encoding", ["gb18030", "auto"])
def test_encodings_are_those_of_reading(tmp_path: Path, encoding: str) -> None:
    text = "我们今天去学校学习中文，老师说了很多话。"
    (tmp_path / "a.txt").write_bytes(f"{text}\n".encode("gb18030"))
    assert documents(tmp_path / "a.txt", encoding=encoding) == [text]
    with pytest.raises(DataError, match="not utf-8") as error:
        documents(tmp_path / "a.txt")
    assert "encoding NAME" in str(error.value)


def test_the_key_tells_contents_options_and_order_apart(tmp_path: Path) -> None:
    a, b, same = (str(tmp_path / f"{name}.txt") for name in ("a", "b", "same"))
    Path(a).write_text("一\n", "utf-8")
    Path(b).write_text("二\n", "utf-8")
    Path(same).write_text("一\n", "utf-8")
    distinct = [
        Corpus(a),
        Corpus([a, b]),
        Corpus([b, a]),
        Corpus(a, format="tsv"),
        Corpus(a, encoding="auto"),
        Corpus(a, min_chars=2),
        Corpus(a, deduplicate=False),
        Corpus(a, format="csv", text="一"),
    ]
    keys = [corpus.cache_key() for corpus in distinct]
    assert len(set(keys)) == len(keys)
    assert Corpus([same]).cache_key() == Corpus(a, format="lines").cache_key() == keys[0]


WRITE_AND_READ = """
import resource, sys
from weitiao.io.corpora import Corpus

kind, size, path = sys.argv[1], int(sys.argv[2]), sys.argv[3]
with open(path, "w", encoding="utf-8") as file:
    count = 0
    while file.tell() < size:
        text = f"{count} " + "一篇很长的文章。" * 400
        page = f"<page><ns>0</ns><revision><text>{text}</text></revision></page>"
        header = f"WARC/1.0\\nWARC-Type: conversion\\nContent-Length: {len(text.encode())}\\n\\n"
        file.write("<mediawiki>" if kind == "xml" and count == 0 else "")
        file.write({"xml": page, "wet": header + text + "\\n\\n", "txt": text + "\\n"}[kind])
        count += 1
    file.write("</mediawiki>" if kind == "xml" else "")
assert sum(1 for _ in Corpus(path).documents()) == count
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["txt", "xml", "wet"])
def test_memory_is_flat(tmp_path: Path, kind: str) -> None:
    def peak(size: int) -> int:
        path = str(tmp_path / f"a.{kind}")
        command = [sys.executable, "-c", WRITE_AND_READ, kind, str(size), path]
        environment = os.environ | {"PYTHONPATH": str(Path(corpora.__file__).parents[3])}
        return int(subprocess.check_output(command, env=environment))

    grown = peak(50 << 20) - peak(15 << 20)  # KiB
    assert grown < 15 << 10, f"{grown} KiB more for 35 MiB more of text"
