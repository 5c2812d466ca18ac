"""WET files of Common Crawl: records, members of gzip, and where they break off."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from weitiao.errors import DataError
from weitiao.io.corpora import Corpus


def record(content: bytes | str, kind: str = "conversion", end: str = "\r\n") -> bytes:
    data = content.encode() if isinstance(content, str) else content
    fields = [
        "WARC/1.0",
        f"WARC-Type: {kind}",
        "WARC-Target-URI: http://例.cn/a:b",
        "Content-Type: text/plain",
        f"content-length:{len(data)}",
        "",
        "",
    ]
    return end.join(fields).encode() + data + f"{end}{end}".encode()


INFO = record("Software-Info: x\r\n", "warcinfo")
TEXTS = ["第一页\n两行", "WARC/1.0\r\n\r\nlooks like a header", "third"]
RECORDS = [INFO, *map(record, TEXTS), record("{}", "metadata")]


def documents(path: Path) -> list[str]:
    return list(Corpus(str(path)).documents())


@pytest.mark.parametrize("name", ["a.warc.wet", "a.warc.wet.gz", "a.gz", "nothing"])
def test_texts_of_conversion_records_are_read(tmp_path: Path, name: str) -> None:
    """Of gzip, each record is a member of its own, as Common Crawl writes them."""
    pack = gzip.compress if name.endswith("gz") else bytes
    (tmp_path / name).write_bytes(b"".join(map(pack, RECORDS)))
    assert documents(tmp_path / name) == TEXTS


def test_the_last_end_of_a_record_and_carriage_returns_may_lack(tmp_path: Path) -> None:
    data = b"".join(record(text, end="\n") for text in TEXTS)
    (tmp_path / "a.wet").write_bytes(data.rstrip(b"\n"))
    assert documents(tmp_path / "a.wet") == TEXTS


@settings(max_examples=40)
@given(st.lists(st.text("\r\n WARC/1.0一", min_size=1, max_size=9).filter(str.strip), min_size=1))
def test_any_texts_pass(tmp_path_factory: pytest.TempPathFactory, texts: list[str]) -> None:
    path = tmp_path_factory.getbasetemp() / "any.wet"
    path.write_bytes(b"".join(map(record, texts)))
    assert list(Corpus(str(path), deduplicate=False).documents()) == texts


LENGTH = b"content-length:5"


@pytest.mark.parametrize(
    ("data", "row", "told"),
    [
        (INFO + record("x" * 90)[:-44], 2, "shorter than its Content-Length: 50 of 90 bytes"),
        (INFO + record("x")[:30], 2, "cut off in the header"),
        (
            record("third").replace(LENGTH, b"content-length:2"),
            2,
            "the length of the last is wrong",
        ),
        (record("third").replace(LENGTH, b"content-length:-2"), 1, "no Content-Length that is a"),
        (record("third").replace(LENGTH, b"x:y"), 1, "no Content-Length"),
        (
            record("third").replace(LENGTH, b"content-length:9999999999999"),
            1,
            "is no text of a page",
        ),
        (record("third").replace(LENGTH, b"nothing"), 1, "no field of a header"),
        (INFO + record(b"ab\xff"), 2, "not UTF-8"),
        (INFO + record("<html>", "response"), 2, "web pages, not texts"),
        (b"plain text\n", 1, "should begin here"),
        (gzip.compress(INFO), None, "the file is compressed"),
        (INFO, None, "no document"),
    ],
    ids=[
        *("cut", "cut-header", "short-length", "negative", "none", "huge", "field"),
        *("not-utf8", "warc", "text", "packed", "no-text"),
    ],
)
def test_a_record_at_fault_is_told_by_its_number(
    tmp_path: Path, data: bytes, row: int | None, told: str
) -> None:
    (tmp_path / "a.warc.wet").write_bytes(data)
    with pytest.raises(DataError, match=told) as error:
        documents(tmp_path / "a.warc.wet")
    assert (str(error.value.file), error.value.row) == (str(tmp_path / "a.warc.wet"), row)


def test_a_packed_file_that_is_cut_off_is_told(tmp_path: Path) -> None:
    packed = b"".join(map(gzip.compress, RECORDS))
    (tmp_path / "a.warc.wet.gz").write_bytes(packed[:-9])
    with pytest.raises(DataError, match="compressed file is cut off"):
        documents(tmp_path / "a.warc.wet.gz")
