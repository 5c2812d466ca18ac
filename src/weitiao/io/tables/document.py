"""A JSON document that is a list of objects, read an object at a time.

`ijson`, the library for this, is no faster (0.5 s and 0.6 s for 41 MB), puts "?" for half a
surrogate pair without a word, and gives up a file for one undecodable byte. Here, rows follow the
same rules as those of JSON Lines.
"""

import json
import re
from collections.abc import Iterator
from typing import Any, TextIO

from weitiao.errors import DataError
from weitiao.io.choices.questions import as_document
from weitiao.io.tables.objects import form, rows_of
from weitiao.io.tables.source import BLOCK, BadRow, Chunk, Records, Source
from weitiao.io.tables.text_file import open_text, without_nuls

_LONGEST = 64 << 20  # characters of one object: what is longer is a fault in its syntax
_SHOWN = 60  # characters at the place of a fault
_SPACE = re.compile(r"\s*")
_NO_LIST = "this is a JSON object, not a list of objects"
_NO_TEXT = "the questions of 'qas' stand in no list of texts, so they would lose theirs"
_LINES = "one object per line is JSON Lines: {--format} jsonl"


def read_json(source: Source) -> Iterator[Chunk]:
    """A list of objects, alone or in an object that holds no other: ``{"data": [...]}``.

    Rows are objects, or the questions that stand in them, counted from 1.
    """
    return rows_of(source, _batches(source))


def _batches(source: Source) -> Iterator[Records]:
    with open_text(source) as file:
        records, size = Records(), 0
        for number, (value, text) in enumerate(_Scanner(file, source).members(), 1):
            if source.cells == "choice" and isinstance(value, list):
                value = as_document(value) or value
            if isinstance(value, dict):
                records.rows.append(number)
                records.cells.append([value, text])
            else:
                reason = "this is not a JSON object"
                records.bad.append(BadRow(number, reason, text, value=text))
            size += len(text)
            if size >= BLOCK:
                yield records
                records, size = Records(), 0
        yield records


class _Scanner:
    """A place in a JSON text of which a part is in memory."""

    def __init__(self, file: TextIO, source: Source) -> None:
        self._file, self._source = file, source
        self._text, self._at = "", 0
        self._count: int | None = None  # of members begun
        self._decoder = json.JSONDecoder()

    def members(self) -> Iterator[tuple[Any, str]]:
        """Each member of the list, and its text."""
        if self._next() == "\ufeff":
            self._at += 1
        wrapped = self._next() == "{"
        if wrapped:
            self._enter_object()
        self._take("[")
        if wrapped and self._next() not in ("{", "]"):
            raise self._fault(_NO_LIST, hint=self._form())
        self._count = 0
        while self._next() != "]":
            if self._count:
                self._take(",")
                self._next()
            self._count += 1
            yield self._value()
        self._take("]")
        if wrapped:
            self._leave_object()
        if self._next():
            raise self._fault("something follows the end of the list")

    def _enter_object(self) -> None:
        """Pass by what stands before the list."""
        self._take("{")
        while self._next() != "}":
            key, first = self._next_value()
            if first == "[" and key == "qas":
                raise self._fault(_NO_TEXT, hint="put the whole object in [ ]")
            if first == "[":
                return
            if self._next() == "{":
                break
            self._value()
            if self._next() == ",":
                self._take(",")
        raise self._fault(_NO_LIST, hint=self._form())

    def _leave_object(self) -> None:
        """Pass by what stands behind the list."""
        while self._next() == ",":
            self._take(",")
            self._next()
            if self._next_value()[1] in ("[", "{"):
                problem = "beside the list of rows stands another list or object"
                raise self._fault(problem, hint=self._form())
            self._value()
        self._take("}")

    def _next_value(self) -> tuple[Any, str]:
        """Pass by a key; that, and the first character of its value."""
        key, _ = self._value()
        self._take(":")
        return key, self._next()

    def _form(self) -> str:
        return f"needed is a list, {form(self._source)}; {_LINES}"

    def _next(self) -> str:
        """The next character that is no white space; "" at the end."""
        while True:
            space = _SPACE.match(self._text, self._at)
            self._at = space.end() if space else self._at
            if self._at < len(self._text):
                return self._text[self._at]
            if not self._read_on():
                return ""

    def _take(self, mark: str) -> None:
        found = self._next()
        if not found:
            raise self._fault("the document is cut off")
        if found != mark:
            raise self._fault(f"this is not JSON: {mark!r} should stand here")
        self._at += 1

    def _value(self) -> tuple[Any, str]:
        """The value that begins at this place, and its text."""
        while True:
            fault = "the document is cut off"
            try:
                value, end = self._decoder.raw_decode(self._text, self._at)
            except RecursionError as error:
                raise self._fault("this is nested too deeply") from error
            except json.JSONDecodeError as error:
                fault, end = f"this is not JSON: {error.msg}", len(self._text)
            if end < len(self._text):  # else a number may go on
                start, self._at = self._at, end
                return value, self._text[start:end]
            if len(self._text) - self._at > _LONGEST or not self._read_on():
                raise self._fault(fault)

    def _read_on(self) -> bool:
        """Forget what lies behind, and read as much again as lies ahead; False at the end."""
        more = self._file.read(max(BLOCK, len(self._text) - self._at))
        more = without_nuls(self._source, more)
        self._text, self._at = self._text[self._at :] + more, 0
        return bool(more)

    def _fault(self, problem: str, hint: str | None = None) -> DataError:
        place = self._text[self._at : self._at + _SHOWN] or None
        return DataError(problem, file=self._source.name, row=self._count, value=place, hint=hint)
