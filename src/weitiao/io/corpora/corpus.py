"""Files of raw text as one stream of documents."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

from weitiao.config.bounds import at_least
from weitiao.errors import ConfigError, DataError
from weitiao.io.cache import content_hash, hash_of
from weitiao.io.corpora.kinds import Columned, CorpusFormat, Kind, kind_of
from weitiao.io.corpora.markup import Markup
from weitiao.io.corpora.wet import texts
from weitiao.io.corpora.wikipedia import articles
from weitiao.io.tables import Files, Reader, SourceFiles, expand
from weitiao.io.tables.cells import SeenIds
from weitiao.io.tables.files import is_dataset, is_query, names_of
from weitiao.io.tables.formats import BINARY
from weitiao.io.tables.options import FileFormat
from weitiao.io.tables.rows import Reading
from weitiao.io.tables.source import BLOCK


@dataclass(frozen=True)
class Corpus:
    """Raw documents without labels, streamed from files of whatever format.

    Args:
        files: a path, a glob, or a list of them. Rows may be compressed (.gz, .bz2, .xz, .zst,
            .lz4, .zip), as may dumps and WET files.
        format: "auto" goes file by file, by the suffix (.txt for lines, .jsonl, .json, .csv, .tsv,
            .parquet, .arrow, .feather, .xml for Wikipedia, .wet), or else by the first bytes. Of
            "lines", each that isn't empty is a document; "wikipedia" is a dump of a wiki (extra of
            that name), of which the articles are read; "wet" the texts of Common Crawl.
        text: the column that holds the text, where the format has columns.
        encoding: of rows of text: the name of a Python codec; or "auto", which finds it out file
            by file.
        min_chars: documents with fewer characters, white space around them aside, are left out.
        deduplicate: whether exact repeats are left out; white space makes no difference.
    """

    files: Files
    format: CorpusFormat = "auto"
    text: str = "text"
    encoding: str = "utf-8"
    min_chars: int = 1
    deduplicate: bool = True

    def __post_init__(self) -> None:
        at_least(1, min_chars=self.min_chars)

    def documents(self, counts: Counter[str] | None = None) -> Iterator[str]:
        """The documents in the order of the files, from a part in memory at a time.

        The files are looked up at once. Of documents that are compared for repeats 8 bytes each
        stay in memory; among 16 million distinct ones, one is taken for a repeat with probability
        1e-5.

        Args:
            counts: is kept up to date: ``documents`` and ``characters`` given out, ``short`` and
                ``repeated`` documents left out.

        Raises:
            DataError: no file fits, a file or a row is at fault, or no document is left.
            ConfigError: an option has no effect on these files, or the encoding is unknown.
            MissingExtra: a dump of Wikipedia needs mwparserfromhell.
        """
        kinds = self._kinds()
        if "wikipedia" in kinds.values():
            Markup()  # missing: better told now than after hours of other files
        return self._stream(kinds, Counter() if counts is None else counts)

    def cache_key(self) -> str:
        """Hash of the options, and of the files' contents in order; not of their names.

        It doesn't cover the code that reads them: see :func:`weitiao.io.cache.versions`.

        Raises:
            DataError, ConfigError: as `documents` does, but for faults within files.
        """
        kinds = self._kinds()
        rest = vars(self).keys() - {"files", "format"}  # which contents and kinds stand for
        options = {name: vars(self)[name] for name in rest}
        contents = [f"{kind} {content_hash(path)}" for path, kind in kinds.items()]
        return hash_of(json.dumps(options, sort_keys=True), *contents)

    def _kinds(self) -> dict[Path, Kind]:
        """The files with their formats."""
        for name in names_of(self.files):
            if is_dataset(name) or is_query(name):
                problem = "a corpus is read from files, not from data sets or databases"
                raise ConfigError(f"{problem}: {name}", hint="{--files} FILE")
        kinds = {
            path: kind_of(path) if self.format == "auto" else self.format
            for path in expand(self.files)
        }
        found = set(kinds.values())
        columned = found & set(get_args(Columned))
        if self.text != "text" and not columned:
            raise ConfigError(f"has no effect on {', '.join(sorted(found))}", field="text")
        if self.encoding != "utf-8" and found <= {"parquet", "arrow", "wikipedia", "wet"}:
            raise ConfigError(f"has no effect on {', '.join(sorted(found))}", field="encoding")
        return kinds

    def _stream(self, kinds: dict[Path, Kind], counts: Counter[str]) -> Iterator[str]:
        before, seen = counts.copy(), SeenIds()
        for portion in _portions(self._long_enough(kinds, counts)):
            repeats: set[int] = set()
            if self.deduplicate:
                repeats.update(seen.repeats([" ".join(text.split()) for text in portion]))
            counts["repeated"] += len(repeats)
            for position, text in enumerate(portion):
                if position not in repeats:
                    counts["documents"] += 1
                    counts["characters"] += len(text)
                    yield text
        if counts["documents"] == before["documents"]:
            short = counts["short"] - before["short"]
            raise DataError(
                f"the corpus holds no document of {self.min_chars} or more characters"
                f" ({short:,} are shorter)",
                file=", ".join(names_of(self.files)),
            )

    def _long_enough(self, kinds: dict[Path, Kind], counts: Counter[str]) -> Iterator[str]:
        for path, kind in kinds.items():
            for text in self._read(path, kind):
                if len(text.strip()) < self.min_chars:
                    counts["short"] += 1
                else:
                    yield text

    def _read(self, path: Path, kind: Kind) -> Iterator[str]:
        if kind == "wikipedia":
            return articles(path)
        if kind == "wet":
            return texts(path)
        return self._rows(path, kind)

    def _rows(self, path: Path, kind: FileFormat) -> Iterator[str]:
        """Rows are read as those with labels are, with the same faults."""
        columns = {"text": "text" if kind == "lines" else self.text}
        reader = Reader(columns, format=kind, encoding="auto" if kind in BINARY else self.encoding)
        source = reader.source(SourceFiles(str(path), (path,)))
        reading = Reading(source.wanted, [source.name], aside=None)
        for batch in reading.of_source(source):
            texts = batch.column("text").to_pylist()
            yield from filter(None, texts) if kind == "lines" else texts  # a blank line is none


def _portions(texts: Iterable[str]) -> Iterator[list[str]]:
    """Successive texts of about `BLOCK` characters together."""
    portion: list[str] = []
    size = 0
    for text in texts:
        portion.append(text)
        size += len(text)
        if size >= BLOCK:
            yield portion
            portion, size = [], 0
    yield portion
