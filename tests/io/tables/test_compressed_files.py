"""Compressed files give the same rows; truncated, changed and hostile ones are refused."""

from __future__ import annotations

import bz2
import gzip
import json
import lzma
import zipfile
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pytest
from table_formats import ROWS, TEXTS, read

from weitiao.errors import DataError


def arrow_codec(name: str) -> Callable[[bytes], bytes]:
    def pack(data: bytes) -> bytes:
        sink = pa.BufferOutputStream()
        with pa.CompressedOutputStream(sink, name) as file:
            file.write(data)
        return sink.getvalue().to_pybytes()

    return pack


PACK: dict[str, Callable[[bytes], bytes]] = {
    "gz": gzip.compress,
    "bz2": bz2.compress,
    "xz": lzma.compress,
    "zst": arrow_codec("zstd"),
    "lz4": arrow_codec("lz4"),
}
CONTENT = {
    "csv": 'text,label\n很好,0\n"他说""好""\n“是”",1\n x　,2\n,3\n',
    "jsonl": "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in ROWS),
    "json": json.dumps(ROWS, ensure_ascii=False),
}


@pytest.mark.parametrize("suffix", PACK)
@pytest.mark.parametrize("kind", CONTENT)
@pytest.mark.parametrize("encoding", ["utf-8", "gb18030", "utf-16"])
def test_compressed_files_give_the_same_rows(
    tmp_path: Path, suffix: str, kind: str, encoding: str
) -> None:
    path = tmp_path / f"a.{kind}.{suffix}"
    path.write_bytes(PACK[suffix](CONTENT[kind].encode(encoding)))
    table = read(path)
    assert table["text"].to_pylist() == TEXTS
    assert table["row"].to_pylist() == ([2, 3, 5, 6] if kind == "csv" else [1, 2, 3, 4])
    assert table["file"].unique().to_pylist() == [str(path)]
    (tmp_path / f"data.{suffix}").write_bytes(path.read_bytes())
    assert read(tmp_path / f"data.{suffix}", format=kind)["text"].to_pylist() == TEXTS


def test_archives_written_one_after_the_other_are_one(tmp_path: Path) -> None:
    parts = [b"text,label\na,1\n", b"b,0\n"]
    for suffix, pack in PACK.items():
        path = tmp_path / f"a.csv.{suffix}"
        path.write_bytes(b"".join(map(pack, parts)))
        assert read(path)["text"].to_pylist() == ["a", "b"]


@pytest.mark.parametrize("suffix", PACK)
@pytest.mark.parametrize("mode", ["raise", "quarantine"])
@pytest.mark.parametrize("share", [0.0001, 0.3, 0.9, 0.9999])
def test_a_truncated_archive_is_never_a_short_read(
    tmp_path: Path, suffix: str, mode: str, share: float
) -> None:
    lines = "".join(f"{json.dumps({'text': f'{i**9}', 'label': i % 2})}\n" for i in range(3000))
    data = PACK[suffix](lines.encode())
    path = tmp_path / f"a.jsonl.{suffix}"
    path.write_bytes(data[: max(1, int(len(data) * share))])
    with pytest.raises(DataError, match=r"cut off or broken after [\d,]+ lines") as error:
        read(path, on_bad_row=mode)
    assert error.value.file == path
    assert not (tmp_path / "out.arrow").exists()


@pytest.mark.parametrize("suffix", ["gz", "bz2", "xz"])  # the others carry no checksum by default
def test_a_changed_byte_in_an_archive_is_found(tmp_path: Path, suffix: str) -> None:
    data = bytearray(PACK[suffix]("".join(f"{i**9} a\n" for i in range(3000)).encode()))
    data[len(data) // 2] ^= 1
    (tmp_path / f"a.txt.{suffix}").write_bytes(data)
    with pytest.raises(DataError, match="cut off or broken"):
        read(tmp_path / f"a.txt.{suffix}", format="lines")


def test_a_zip_file_of_one_member_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("folder/", "")
        archive.writestr("folder/b.csv", CONTENT["csv"])
        archive.writestr("__MACOSX/._b.csv", "x")
    assert read(path)["text"].to_pylist() == TEXTS
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("c.csv", "x")
    with pytest.raises(DataError, match=r"holds 2 files, not one(?s:.)*unpack"):
        read(path)
    path.write_bytes(path.read_bytes()[:-40])
    with pytest.raises(DataError, match="cut off or broken"):
        read(path)


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("a.csv.gz", b"text,label\na,1\n", "cut off or broken.*(?i:gzip|header)"),
        # mtime=0: the bytes name the test, and hold the time, in which two workers would differ
        ("a.csv", gzip.compress(b"text,label\na,1\n" * 99, mtime=0), r"end in \.gz"),
        ("a.parquet.gz", b"x", "unpack it"),
        ("a.tar.gz", gzip.compress(b"x", mtime=0), "unpack it first"),
        ("a.7z", b"x", "unpack it first"),
        ("a.gz", gzip.compress(b"x", mtime=0), "suffix '' doesn't tell the format"),
    ],
)
def test_what_is_no_compressed_text_file_is_told(
    tmp_path: Path, name: str, data: bytes, message: str
) -> None:
    (tmp_path / name).write_bytes(data)
    with pytest.raises(DataError, match=f"(?s){message}") as error:
        read(tmp_path / name)
    assert name in str(error.value)


@pytest.mark.parametrize("line", [b"a" * 999 + b",1\n", b"a" * 1000])
def test_a_decompression_bomb_is_refused_early(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, line: bytes
) -> None:
    monkeypatch.setattr("weitiao.io.tables.unpack._BOMB_SIZE", 4 << 20)
    monkeypatch.setattr("weitiao.io.tables.unpack._LONGEST_LINE", 2 << 20)
    path = tmp_path / "a.csv.gz"
    path.write_bytes(gzip.compress(b"text,label\n" + line * 30_000))
    with pytest.raises(DataError, match=r"unpacks to.* made to fill"):
        read(path)
    assert [p.name for p in tmp_path.iterdir()] == [path.name]
