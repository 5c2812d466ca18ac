"""Generated files, whole and damaged: all rows come back, or the file's fault is told."""

from __future__ import annotations

import csv
import gzip
import io
import json
import zipfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import pyarrow as pa
import pyarrow.feather
import pyarrow.parquet as pq
import pytest
from fuzzing import damaged, in_time, inputs
from hypothesis import given
from hypothesis import strategies as st

from weitiao.errors import WeitiaoError
from weitiao.io.tables import Reader

pytestmark = [pytest.mark.slow, pytest.mark.faults]

Rows = list[tuple[str, str]]
PARTS = (
    *(
        "房间很干净",
        "物流太慢了，等了一个星期才到！",
        "價格便宜",
        "not bad at all",
        "值",
        "😀",
        "é",
    ),
    *(" ", "　", '"', "'", ",", ";", "\\", "\n", "\r\n", "\t", "“”", "0.5", "null", "[", "{", "#"),
)
TEXTS = st.lists(st.sampled_from(PARTS), max_size=6).map("".join)
LABELS = st.sampled_from(("好评", "差评", "1", "0", "neutral"))
TABLES = st.lists(st.tuples(TEXTS, LABELS), min_size=1, max_size=8)
ENCODINGS = ("utf-8", "utf-8-sig", "gb18030", "utf-16")
SUFFIXES = ("csv", "tsv", "jsonl", "json", "parquet", "feather", "csv.gz", "csv.zst", "zip")

SUMMED = ("csv.gz", "zip")  # a checksum tells of any damage
EACH = pytest.mark.parametrize("suffix", SUFFIXES)


@dataclass(frozen=True)
class File:
    """A file as it was written.

    Args:
        content: its bytes.
        suffix: what its name ends in.
        encoding: of its text; "auto" where it can be found out, and where it is no text.
        rows: what stands in it.
    """

    content: bytes
    suffix: str
    encoding: str
    rows: Rows


@st.composite
def files(draw: st.DrawFn, suffix: str) -> File:
    """A whole file."""
    rows = draw(TABLES)
    if suffix == "tsv":  # it has no way to write these
        rows = [(" ".join(text.split()), label) for text, label in rows]
    if suffix in ("parquet", "feather"):
        return File(_binary(rows, suffix), suffix, "auto", rows)
    encoding = draw(st.sampled_from(ENCODINGS))
    content = _text(rows, suffix).encode(encoding)
    # some characters are too few to tell a national encoding from another
    return File(
        _packed(content, suffix), suffix, encoding if encoding == "gb18030" else "auto", rows
    )


def _binary(rows: Rows, suffix: str) -> bytes:
    table = pa.table({"text": [text for text, _ in rows], "label": [label for _, label in rows]})
    sink = io.BytesIO()
    if suffix == "parquet":
        pq.write_table(table, sink)
    else:
        pyarrow.feather.write_feather(table, sink)
    return sink.getvalue()


def _text(rows: Rows, suffix: str) -> str:
    if suffix == "tsv":
        return "".join(f"{text}\t{label}\n" for text, label in [("text", "label"), *rows])
    records = [json.dumps({"text": t, "label": n}, ensure_ascii=False) for t, n in rows]
    if suffix == "jsonl":
        return "".join(f"{record}\n" for record in records)
    if suffix == "json":
        return f"[{', '.join(records)}]"
    text = io.StringIO()
    csv.writer(text).writerows([("text", "label"), *rows])
    return text.getvalue()


def _packed(content: bytes, suffix: str) -> bytes:
    if suffix == "csv.gz":
        return gzip.compress(content, mtime=0)
    if suffix == "csv.zst":
        return pa.compress(content, codec="zstd", asbytes=True)
    if suffix == "zip":
        sink = io.BytesIO()
        with zipfile.ZipFile(sink, "w") as archive:
            archive.writestr(zipfile.ZipInfo("table.csv"), content)
        return sink.getvalue()
    return content


def read(
    folder: Path, file: File, bad: Literal["raise", "quarantine"]
) -> tuple[pa.Table, list[dict[str, Any]]] | WeitiaoError:
    """The rows and those set aside, or the error, which must name the file."""
    path, aside = folder / f"table.{file.suffix}", folder / "bad.jsonl"
    path.write_bytes(file.content)
    out = folder / "out.arrow"
    for made in (aside, out):
        made.unlink(missing_ok=True)
    reader = Reader(encoding=file.encoding, on_bad_row=bad)
    try:
        with in_time():
            table = reader.read(str(path), out, aside)
            table.validate(full=True)
    except WeitiaoError as told:
        error = told
    else:
        return table, _set_aside(aside)
    assert str(path) in str(error)
    assert not out.exists()
    assert not aside.exists()
    return error


def rows_of(table: pa.Table) -> list[tuple[str, str]]:
    """What a table holds, as it was written."""
    return list(zip(table["text"].to_pylist(), table["label"].to_pylist(), strict=True))


def _set_aside(path: Path) -> list[dict[str, Any]]:
    lines = path.read_text("utf-8").splitlines() if path.exists() else []
    return [json.loads(line) for line in lines]


@EACH
def test_whole_files_give_all_their_rows(
    suffix: str, tmp_path: Path, full: bool, record_property: Any
) -> None:
    cases = 0

    @inputs(220 if full else 20)
    @given(file=files(suffix))
    def try_one(file: File) -> None:
        nonlocal cases
        cases += 1
        result = read(tmp_path, file, "raise")
        assert not isinstance(result, WeitiaoError), result
        assert rows_of(result[0]) == file.rows

    try_one()
    record_property("cases", cases)


@st.composite
def broken_files(draw: st.DrawFn, suffix: str) -> File:
    """A file that is damaged once or twice, or bears the name of another kind."""
    file = draw(files(suffix))
    encoding = file.encoding if suffix in SUMMED else draw(st.sampled_from((file.encoding, "auto")))
    if draw(st.integers(0, 9)) == 9:
        other = draw(st.sampled_from((*SUFFIXES, "xlsx", "json.xz", "txt")))
        return File(file.content, other, encoding, file.rows)
    content = draw(damaged(file.content))
    if draw(st.booleans()):
        content = draw(damaged(content))
    return File(content, suffix, encoding, file.rows)


@EACH
def test_broken_files_give_rows_or_an_error_that_names_them(
    suffix: str, tmp_path: Path, full: bool, record_property: Any
) -> None:
    outcomes: Counter[str] = Counter()

    @inputs(1120 if full else 50)
    @given(file=broken_files(suffix))
    def try_one(file: File) -> None:
        strict, lenient = read(tmp_path, file, "raise"), read(tmp_path, file, "quarantine")
        if isinstance(lenient, WeitiaoError):
            assert isinstance(strict, WeitiaoError)
            outcomes["refused"] += 1
            return
        table, aside = lenient
        if isinstance(strict, WeitiaoError):  # a row at fault, so it is among those set aside
            assert aside, strict
        else:
            assert strict[0].equals(table)
            assert not aside
        if file.suffix == suffix in SUMMED:
            assert rows_of(table)[: len(file.rows)] == file.rows  # two in a row are a file as well
        if file.suffix == "jsonl" and b"\0" not in file.content:  # each line is a row, good or bad
            lines = [line.strip(b"\r") for line in file.content.split(b"\n")]
            lines[0] = lines[0].removeprefix(b"\xef\xbb\xbf")
            assert table.num_rows + len(aside) == len(list(filter(None, lines)))
        outcomes["set aside" if aside else "read"] += 1

    try_one()
    record_property("cases", outcomes.total())
    record_property("outcome", ", ".join(f"{n} {name}" for name, n in sorted(outcomes.items())))
    assert outcomes["refused"]
