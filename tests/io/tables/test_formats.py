"""JSON documents, Arrow and Feather, and compressed files."""

from __future__ import annotations

import bz2
import gzip
import json
import lzma
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.feather as feather
import pyarrow.parquet as pq
import pytest
from text_parts import roles

from weitiao.errors import DataError
from weitiao.io.tables import Reader

TEXTS = ["很好", '他说"好"\n“是”', " x　", ""]
ROWS = [{"text": text, "label": i} for i, text in enumerate(TEXTS)]


def read(path: Path, **options: Any) -> pa.Table:
    out = path.parent / "out.arrow"
    return Reader(**options).read(str(path), out, path.parent / "bad.jsonl")


def quarantined(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "bad.jsonl").open(encoding="utf-8")]


def check(table: pa.Table, first_row: int = 1) -> None:
    """The table holds `ROWS`."""
    assert table["text"].to_pylist() == TEXTS
    assert table["label"].to_pylist() == ["0", "1", "2", "3"]
    assert table["row"].to_pylist() == [first_row + i for i in range(4)]


# ── JSON ──


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("indent", [None, 2])
@pytest.mark.parametrize("wrap", [False, True])
def test_a_json_document_is_read_in_every_encoding(
    tmp_path: Path, encoding: str, indent: int | None, wrap: bool
) -> None:
    document = {"version": "1", "n": 4, "the data": ROWS, "end": None} if wrap else ROWS
    text = json.dumps(document, ensure_ascii=False, indent=indent)
    (tmp_path / "a.json").write_bytes(f" \n{text}\n ".encode(encoding))
    check(read(tmp_path / "a.json"))


@pytest.mark.parametrize("block", [1, 7, 64])
def test_json_passes_from_block_to_block(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, block: int
) -> None:
    monkeypatch.setattr("weitiao.io.tables.document.BLOCK", block)
    rows = [
        {"text": "长" * (i % 40), "label": 10**i, "x": [{"[": "]}"}, 1.5e3, None]}
        for i in range(60)
    ]
    (tmp_path / "a.json").write_text(json.dumps(rows, indent=1), "utf-8")
    table = read(tmp_path / "a.json")
    assert table["text"].to_pylist() == [row["text"] for row in rows]
    assert table["label"].to_pylist() == [str(row["label"]) for row in rows]
    assert table["row"].to_pylist() == list(range(1, 61))


def test_a_bad_member_of_json_is_set_aside_as_it_stands(tmp_path: Path) -> None:
    good = '{"text": "好", "label": 1}'
    bad = ['{"text":"坏"}', "[ 1 ]", r'{"text": "\ud83d", "label": 1}', '{"text": 1, "label": NaN}']
    text = "[" + ",\n".join([good, *bad, good]) + "]"
    (tmp_path / "a.json").write_bytes(text.encode() + b"")
    with pytest.raises(DataError) as error:
        read(tmp_path / "a.json")
    assert (error.value.row, error.value.column) == (2, "label")
    table = read(tmp_path / "a.json", on_bad_row="quarantine")
    assert table["row"].to_pylist() == [1, 6]
    found = [(row["row"], row["column"], row["raw"]) for row in quarantined(tmp_path)]
    columns = ["label", None, "text", "label"]
    assert found == [(i + 2, columns[i], raw) for i, raw in enumerate(bad)]


def test_undecodable_bytes_spoil_one_row_of_json(tmp_path: Path) -> None:
    text = '[{"text": "好", "label": 1}, {"text": "坏", "label": 1}, {"text": "行", "label": 0}]'
    data = text.encode().replace("坏".encode(), "坏".encode("gbk"))
    (tmp_path / "a.json").write_bytes(data)
    table = read(tmp_path / "a.json", on_bad_row="quarantine", encoding="utf-8")
    assert table["text"].to_pylist() == ["好", "行"]
    assert quarantined(tmp_path)[0]["raw"] == r'{"text": "\xbb\xb5", "label": 1}'


@pytest.mark.parametrize(
    ("text", "row", "message"),
    [
        ('[{"text": "a", "label": 1}, {"text": "b"', 2, "cut off|Expecting"),
        ('[{"text": "a", "label": 1},', 2, "Expecting value|cut off"),
        ('[{"text": "a", "label": 1}', 1, "cut off"),
        ('[{"text": "a", "label": 1} {"text": "b"}]', 1, r"','.* should stand here"),
        ('[{"text": "a" "label": 1}]', 1, "not JSON"),
        ('[{"text": "a", "label": 1}] []', 1, "follows the end"),
        ("[" + "[" * 99999, 1, "nested"),
        ('{"text": "a", "label": 1}\n{"text": "b", "label": 0}', None, "format jsonl"),
        ('{"text": ["a"], "label": 1}', None, "format jsonl"),
        ('{"data": [{"text": "a", "label": 1}], "more": [1]}', 1, "another list or object"),
        ('{"context": "a", "qas": [{"question": "b"}]}', None, "they would lose theirs"),
        ('{"text": {"0": "a"}, "label": {"0": 1}}', None, 'needed is a list, .{"text": …'),
        ('{"data": [{"title": "a", "paragraphs": [{"context": "b"}]}]}', None, "SQuAD"),
        (
            '[{"text": "a", "rows": [{"label": 1}]}]',
            None,
            "'rows' is a list of objects with 'label'",
        ),
        ('{"data": [{"text": "a", "label": 1}]', 1, "cut off"),
        ('"text"', None, r"'\[' should stand here"),
        ("[]", None, "holds no row"),
    ],
)
@pytest.mark.parametrize("mode", ["raise", "quarantine"])
def test_a_fault_in_the_syntax_of_json_is_told(
    tmp_path: Path, text: str, row: int | None, message: str, mode: str
) -> None:
    (tmp_path / "a.json").write_text(text)
    with pytest.raises(DataError, match=message) as error:
        read(tmp_path / "a.json", on_bad_row=mode)
    assert error.value.row == row
    assert "a.json" in str(error.value)


# ── Arrow ──


def write_stream(table: pa.Table, path: Path) -> None:
    with pa.ipc.new_stream(path, table.schema) as writer:
        writer.write_table(table, max_chunksize=3)


def write_file(table: pa.Table, path: Path) -> None:
    with pa.ipc.new_file(path, table.schema) as writer:
        writer.write_table(table, max_chunksize=3)


def write_feather(table: pa.Table, path: Path) -> None:
    feather.write_feather(table, path, compression="zstd")


WRITERS = {"stream.arrow": write_stream, "file.arrow": write_file, "f.feather": write_feather}


@pytest.mark.parametrize("name", WRITERS)
def test_arrow_files_streams_and_feather_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr("weitiao.io.tables.columnar.BLOCK", 16)  # a row or two at a time
    table = pa.Table.from_pylist(ROWS).append_column("other", pa.array([{"x": 1}] * 4))
    WRITERS[name](table.select(["other", "label", "text"]), tmp_path / name)
    check(read(tmp_path / name))


@pytest.mark.parametrize("kind", [pa.float16(), pa.float32(), pa.decimal128(5, 2)])
def test_numbers_of_arrow_are_written_as_a_person_would(tmp_path: Path, kind: pa.DataType) -> None:
    labels = pa.array([1.0, 2.5]).cast(pa.float32()).cast(kind)
    write_file(pa.table({"text": ["a", "b"], "label": labels}), tmp_path / "a.arrow")
    assert read(tmp_path / "a.arrow")["label"].to_pylist() == ["1", "2.5"]


@pytest.mark.parametrize("name", WRITERS)
@pytest.mark.parametrize("share", [0.0, 0.5, 0.999])
def test_a_truncated_arrow_file_is_refused(tmp_path: Path, name: str, share: float) -> None:
    WRITERS[name](pa.Table.from_pylist(ROWS * 20), tmp_path / "whole")
    data = (tmp_path / "whole").read_bytes()
    (tmp_path / name).write_bytes(data[: int(len(data) * share)])
    with pytest.raises(DataError, match=r"cut off|can't be read as arrow|empty"):
        read(tmp_path / name)


def test_a_stream_cut_between_batches_is_refused(tmp_path: Path) -> None:
    table = pa.Table.from_pylist(ROWS)
    sink = pa.BufferOutputStream()
    writer = pa.ipc.new_stream(sink, table.schema)
    writer.write_table(table)
    (tmp_path / "a.arrow").write_bytes(sink.getvalue().to_pybytes())  # never closed
    with pytest.raises(DataError, match="cut off"):
        read(tmp_path / "a.arrow")


def test_bad_records_of_arrow_are_set_aside(tmp_path: Path) -> None:
    table = pa.table({"text": ["a", None, "c"], "label": [0, 1, None], "more": [1, 2, 3]})
    write_stream(table, tmp_path / "a.arrow")
    assert read(tmp_path / "a.arrow", on_bad_row="quarantine").num_rows == 1
    found = [(row["row"], row["column"]) for row in quarantined(tmp_path)]
    assert found == [(2, "text"), (3, "label")]
    with pytest.raises(DataError, match="did you mean 'more'"):
        read(tmp_path / "a.arrow", columns=roles(group="mor"))


@pytest.mark.parametrize("write", [write_file, pq.write_table])
def test_class_numbers_of_hugging_face_become_names(
    tmp_path: Path, write: Callable[[pa.Table, Path], None]
) -> None:
    classes = {"names": ["差评", "好评"], "_type": "ClassLabel"}
    features = {"label": classes, "all": {"feature": classes, "_type": "List"}, "old": [classes]}
    table = pa.table(
        {"text": "abc", "label": [1, 0, -1], "all": [[1, 0], [], [1]]} | {"text": list("abc")}
    )
    table = table.append_column("old", table["all"])
    table = table.replace_schema_metadata(
        {"huggingface": json.dumps({"info": {"features": features}})}
    )
    path = tmp_path / ("a.arrow" if write is write_file else "a.parquet")
    write(table, path)
    assert read(path, on_bad_row="quarantine")["label"].to_pylist() == ["好评", "差评"]
    assert quarantined(tmp_path)[0]["reason"] == "the value is missing"
    for name in ("all", "old"):
        table = read(path, columns=roles(label=name), cells="set")
        assert table["label"].to_pylist() == ['["好评", "差评"]', "[]", '["好评"]']


# ── Compressed files ──


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
