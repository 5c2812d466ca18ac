"""Texts of web pages as Common Crawl publishes them: WET files.

A WET file is a WARC file (ISO 28500) whose records of type ``conversion`` hold the text of a page
each. `warcio`, the library for WARC, gives what is there of a record that is cut off without a
word, and a record whose length is no number together with all that follow it.
"""

from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import BinaryIO, NoReturn

from weitiao.errors import DataError
from weitiao.io.tables.unpack import open_bytes, refuse_packed

_LONGEST_LINE = 1 << 16  # bytes of a header field
_LONGEST = 64 << 20  # bytes of a record: Common Crawl cuts pages far shorter
_PAGES = ("request", "response")


def texts(path: Path) -> Iterator[str]:
    """The texts of a WET file, plain or compressed, in order.

    Raises:
        DataError: the file is no WET file, or is broken; it names the record, from 1.
    """
    with open_bytes(path) as file:
        refuse_packed(path, file.peek(8)[:8])
        for number in count(1):
            record = _Record(file, path, number)
            fields = record.fields()
            if not fields:
                return
            content = record.content(fields)
            kind = fields.get("warc-type")
            if kind in _PAGES:
                hint = "take the file of the same name that ends in .warc.wet.gz"
                record.refuse(f"a record of type {kind}: these are web pages, not texts", hint=hint)
            if kind == "conversion":
                yield record.decoded(content)


class _Record:
    """A record that begins where the file stands."""

    def __init__(self, file: BinaryIO, path: Path, number: int) -> None:
        self._file, self._path, self._number = file, path, number

    def fields(self) -> dict[str, str]:
        """Its header by name in lower case; empty at the end of the file."""
        line = self._line()
        while line in (b"\r\n", b"\n"):  # two end each record
            line = self._line()
        if not line:
            return {}
        if not line.startswith(b"WARC/"):
            self.refuse(
                "a record of WARC should begin here; if records came before, the length of the"
                " last is wrong",
                line,
            )
        fields = {"": line.decode("ascii", "replace").strip()}
        while (line := self._line()).strip():
            name, colon, value = line.decode("utf-8", "replace").partition(":")
            if not colon:
                self.refuse("this is no field of a header", line)
            fields[name.strip().lower()] = value.strip()
        if not line:
            self.refuse("the file is cut off in the header of a record")
        return fields

    def content(self, fields: dict[str, str]) -> bytes:
        """What follows the header."""
        value = fields.get("content-length", "")
        if not value.isdecimal():
            self.refuse("the record has no Content-Length that is a number", value.encode() or None)
        size = int(value)
        if size > _LONGEST:
            self.refuse(f"a record of more than {_LONGEST:,} bytes is no text of a page", value)
        content = self._file.read(size)
        if len(content) < size:
            self.refuse(
                f"the record is shorter than its Content-Length: {len(content):,} of {size:,}"
                " bytes; the file is cut off",
                hint="fetch it again",
            )
        return content

    def decoded(self, content: bytes) -> str:
        """The content as text; WET files are UTF-8."""
        try:
            return content.decode()
        except UnicodeDecodeError as error:
            self.refuse("these bytes are not UTF-8", content[error.start : error.start + 20])

    def refuse(
        self, problem: str, value: bytes | str | None = None, hint: str | None = None
    ) -> NoReturn:
        """Raise the fault with its place."""
        raise DataError(problem, file=self._path, row=self._number, value=value, hint=hint)

    def _line(self) -> bytes:
        return self._file.readline(_LONGEST_LINE)
