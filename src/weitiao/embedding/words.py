"""The running words of a corpus: cut once, kept as a text file that gensim streams."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any

from weitiao.data.cache import content_hash, hash_of, make_once, versions
from weitiao.data.corpora import Corpus
from weitiao.data.segment import Segmenter
from weitiao.errors import DataError
from weitiao.plain import plain

CHUNK = 10_000  # documents cut at once: bounds memory, keeps the segmenter's processes busy
# Neither may stand in a word: gensim's two readers part lines at different white space, and readers
# of vectors take a control character as the sign of a binary file.
APART = re.compile(r"[\s\x00-\x1f\x7f-\x9f]+")
LONGEST = 1000  # characters: what is longer is no word, and readers of binary vectors give up on it


@dataclass(frozen=True)
class WordFile:
    """A segmented corpus on disk.

    Args:
        path: UTF-8 text, a document a line, a space between words.
        documents: those with at least one word.
        words: running words.
        corpus: what reading found and left out, by name.
    """

    path: Path
    documents: int
    words: int
    corpus: dict[str, int]


@dataclass(frozen=True)
class Words:
    """How raw text becomes words.

    Args:
        corpus: the raw text.
        segment: cuts it into words.
        lowercase: fold case, so that "The" and "the" have one vector.
    """

    corpus: Corpus
    segment: Segmenter = Segmenter()
    lowercase: bool = False

    def prepared(self, cache: Path) -> WordFile:
        """The segmented corpus, made on first use, found in ``cache`` afterwards.

        Raises:
            DataError: a file is at fault, or there is no word in any of them.
            ConfigError: the segmenter can't do its part, or ``cache`` can't be written to.
        """
        folder = cache / self.cache_key()
        make_once(folder, self._write, option="cache")
        facts: dict[str, Any] = json.loads((folder / "facts.json").read_text("utf-8"))
        return WordFile(folder / "words.txt", **facts)

    def cache_key(self) -> str:
        """Hash of everything that shapes the words: contents, options, versions, our code."""
        shaping = plain(replace(self.segment, workers=1))
        return hash_of(
            self.corpus.cache_key(),
            json.dumps([shaping, self.lowercase], sort_keys=True),
            versions(),
            *map(content_hash, (Path(__file__), *self.segment.files())),
        )

    def _write(self, folder: Path) -> None:
        counts: Counter[str] = Counter()
        documents = words = 0
        # half a surrogate pair, as JSON may hold, is no UTF-8
        with (folder / "words.txt").open("w", encoding="utf-8", errors="replace") as file:
            for row in self._rows(counts):
                file.write(" ".join(row) + "\n")
                documents += 1
                words += len(row)
        if not words:
            raise DataError(
                "there is no word in the corpus",
                file=str(self.corpus.files),
                hint="see corpus.min_chars, corpus.text and segment.stop_words",
            )
        facts = {"documents": documents, "words": words, "corpus": dict(counts)}
        (folder / "facts.json").write_text(json.dumps(facts), "utf-8")

    def _rows(self, counts: Counter[str]) -> Iterator[list[str]]:
        """The words of each document that has any, none of them empty or with white space."""
        for chunk in _chunks(self.corpus.documents(counts)):
            for row in self.segment.segment(chunk):
                parts = (part for word in row for part in APART.split(word))
                words = (part for part in parts if 0 < len(part) <= LONGEST)
                if found := [word.lower() if self.lowercase else word for word in words]:
                    yield found


def _chunks(texts: Iterable[str]) -> Iterator[list[str]]:
    rest = iter(texts)
    while chunk := list(islice(rest, CHUNK)):
        yield chunk
