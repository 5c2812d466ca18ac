"""TMX, in which translation memories are exported: units of one text in several languages.

Format: LISA (2005), "TMX 1.4b Specification".
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any
from xml.parsers import expat

from weitiao.errors import DataError
from weitiao.io.tables.languages import columns_of_languages, language_of
from weitiao.io.tables.source import BLOCK, Chunk, Source, raw_of
from weitiao.io.tables.unpack import open_bytes, refuse_packed

_CODES = ("bpt", "ept", "it", "ph", "ut")
"""Elements whose content is that of another format, such as tags of HTML."""
_IDENTIFIER = "tuid"
_CHUNK = 1 << 16  # bytes parsed at a time


def read_tmx(source: Source) -> Iterator[Chunk]:
    """A row for each unit, counted from 1; the columns are called after the languages.

    ``en`` finds ``en-US`` where that is the only English. ``text`` is the language that the file
    names as its source, ``label`` the other one, where there are two.

    Raises:
        DataError: the file is no TMX, declares entities or is broken; a language is missing.
    """
    first, read_as = 1, dict[str, str]()
    units = _Units(source)
    for found in units.read():
        if not read_as:
            languages = [*dict.fromkeys(name for unit in found for name in unit)]
            read_as = _read_as(source, languages, units.language)
            source.positions([*dict.fromkeys([*languages, *read_as])])
        rows = list(range(first, first + len(found)))
        columns = [[unit.get(read_as[n]) for unit in found] for n in source.columns.values()]
        yield Chunk(rows, columns, raw_of(found, _raw), [])
        first += len(found)
    if not read_as:
        raise DataError("this has no units of translation", file=source.name, hint="<tu> elements")


def _read_as(source: Source, names: Sequence[str], origin: str | None) -> dict[str, str]:
    """What of a unit stands in the columns that are wanted, as far as it is clear."""
    languages = [name for name in names if name != _IDENTIFIER]
    found = columns_of_languages(source.columns, languages, language_of(origin or "", languages))
    return found | {name: name for name in source.columns.values() if name == _IDENTIFIER}


def _raw(unit: dict[str, str]) -> str:
    return json.dumps(unit, ensure_ascii=False)


class _Units:
    """Gathers the units of a file while it is parsed, without a tree of it."""

    def __init__(self, source: Source) -> None:
        self.language: str | None = None  # of the originals
        self._source, self._count = source, 0
        self._found: list[dict[str, str]] = []
        self._unit: dict[str, str] = {}
        self._variant = ""
        self._text: list[str] | None = None  # of the segment that is open
        self._within_codes = 0
        self._size = 0
        self._depth = 0

    def read(self) -> Iterator[list[dict[str, Any]]]:
        """Language → text of each unit, in portions; ``tuid`` likewise."""
        parser = expat.ParserCreate()
        parser.StartElementHandler, parser.EndElementHandler = self._start, self._end
        parser.CharacterDataHandler = self._data
        parser.EntityDeclHandler = self._entity
        with open_bytes(self._source.path) as file:
            refuse_packed(self._source.path, file.peek(8)[:8])
            try:
                while chunk := file.read(_CHUNK):
                    parser.Parse(chunk)
                    if self._size >= BLOCK:
                        yield self._take()
                parser.Parse(b"", True)
            except expat.ExpatError as error:
                raise DataError(
                    f"the XML is broken in line {error.lineno}, after {self._count:,} whole units:"
                    f" {expat.errors.messages[error.code]}",
                    file=self._source.name,
                    hint="export it again",
                ) from error
        if self._found:
            yield self._take()

    def _take(self) -> list[dict[str, str]]:
        found, self._found, self._size = self._found, [], 0
        return found

    def _entity(self, name: str, *_: object) -> None:
        problem = f"the XML declares an entity of its own, {name!r}, which no TMX needs"
        raise DataError(problem, file=self._source.name)

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        if self._depth == 0 and tag != "tmx":
            problem = f"this is XML, but no TMX: its root is <{tag}>"
            raise DataError(problem, file=self._source.name)
        self._depth += 1
        if tag == "header":
            self.language = attributes.get("srclang")
        elif tag == "tu":
            self._unit = {k: v for k, v in attributes.items() if k == _IDENTIFIER}
        elif tag == "tuv":  # TMX 1.1 has a plain lang
            self._variant = attributes.get("xml:lang") or attributes.get("lang") or ""
        elif tag == "seg":
            self._text = []
        elif self._text is not None and tag in _CODES:
            self._within_codes += 1
            self._source.notes.counts["codes of other formats in texts, left out"] += 1

    def _data(self, text: str) -> None:
        if self._text is not None and not self._within_codes:
            self._text.append(text)

    def _end(self, tag: str) -> None:
        self._depth -= 1
        if tag == "seg" and self._text is not None:
            self._keep("".join(self._text))
            self._text = None
        elif self._text is not None and tag in _CODES:
            self._within_codes -= 1
        elif tag == "tu":
            self._found.append(self._unit)
            self._count += 1

    def _keep(self, text: str) -> None:
        if self._variant in self._unit:
            self._source.notes.counts["further texts of a language in a unit, left out"] += 1
        else:
            self._unit[self._variant] = text
            self._size += len(text)
