"""Articles of a dump of Wikipedia, or of any other wiki that runs MediaWiki.

The files are called ``…-pages-articles.xml.bz2``. Their XML is read by the standard library's
parser without a tree being built. Format: https://www.mediawiki.org/wiki/Help:Export
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from xml.etree.ElementTree import ParseError, XMLParser

from weitiao.errors import DataError
from weitiao.io.corpora.markup import Markup
from weitiao.io.tables.unpack import open_bytes, refuse_packed

_CHUNK = 1 << 16  # bytes parsed at a time
_KEPT = ("title", "ns", "model", "text")
_ARTICLES = "0"  # the namespace
_HIDDEN = ("6", "14")  # namespaces of files and categories, a link to which is no word of a text


def articles(path: Path) -> Iterator[str]:
    """The articles of a dump as plain text, in order, without redirects and other namespaces.

    Of several revisions the last in the file counts.

    Raises:
        DataError: the file is no such dump, declares entities, or is broken or cut off.
    """
    pages = _Pages(path)
    for title, wikitext in _wikitexts(path, pages):
        try:
            text = pages.markup.plain(wikitext)
        except Exception as error:  # what a parser of wild markup raises isn't documented
            problem = f"the markup of the page {title!r} can't be read: {error!r}"
            raise DataError(problem, file=path) from error
        yield text


def _wikitexts(path: Path, pages: _Pages) -> Iterator[tuple[str, str]]:
    parser = XMLParser(target=pages)
    fault = "broken"
    with open_bytes(path) as file:
        refuse_packed(path, file.peek(8)[:8])
        try:
            while chunk := file.read(_CHUNK):
                parser.feed(chunk)
                yield from pages.take()
            fault = "cut off"
            parser.close()
        except ParseError as error:
            place = f" in the page {pages.title!r}" if pages.title else ""
            raise DataError(
                f"the XML is {fault}{place}, after {pages.count:,} whole pages: {error.msg}",
                file=path,
                row=error.position[0],
                hint="fetch it again",
            ) from error


class _Pages:
    """Takes what the parser finds, and gathers the articles."""

    def __init__(self, path: Path) -> None:
        self.markup = Markup()
        self.count = 0
        self._path = path
        self._found: list[tuple[str, str]] = []
        self._fields: dict[str, str] = {}
        self._data: list[str] | None = None  # of the element that is open, if it is kept
        self._depth = 0

    @property
    def title(self) -> str | None:
        """That of the page that is open."""
        return self._fields.get("title")

    def take(self) -> list[tuple[str, str]]:
        """Title and markup of the articles that were completed since the last call."""
        found, self._found = self._found, []
        return found

    def doctype(self, *_: object) -> None:
        """Called by the parser before any entity is declared."""
        problem = "the XML declares entities of its own (DOCTYPE), which no dump does"
        raise DataError(problem, file=self._path)

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        """An element begins."""
        name = _local(tag)
        if self._depth == 0 and name != "mediawiki":
            problem = f"this is XML, but no dump of MediaWiki: its root is <{name}>"
            raise DataError(problem, file=self._path)
        self._depth += 1
        if name == "redirect":
            self._fields["redirect"] = ""
        elif name in _KEPT or (name == "namespace" and attributes.get("key") in _HIDDEN):
            self._data = []

    def data(self, text: str) -> None:
        """Some characters of an element."""
        if self._data is not None:
            self._data.append(text)

    def end(self, tag: str) -> None:
        """An element ends."""
        self._depth -= 1
        name = _local(tag)
        if self._data is not None:
            text, self._data = "".join(self._data), None
            if name == "namespace":
                self.markup.hide(text)
            else:
                self._fields[name] = text
        elif name == "page":
            self._end_page()

    def _end_page(self) -> None:
        fields, self._fields = self._fields, {}
        self.count += 1
        is_article = fields.get("ns") == _ARTICLES and "redirect" not in fields
        if is_article and fields.get("model", "wikitext") == "wikitext":
            self._found.append((fields.get("title", ""), fields.get("text", "")))

    def close(self) -> None:
        """The document is whole."""


def _local(tag: str) -> str:
    """The name without the namespace, which is another one in each version of the format."""
    return tag.rpartition("}")[2]
