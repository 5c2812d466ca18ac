"""The running words of a corpus: cut once, kept as a text file that gensim streams."""

import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from weitiao.config.serialization import plain
from weitiao.errors import DataError
from weitiao.inputs.text.segment import Segmenter
from weitiao.inputs.text.segment.spans import batches
from weitiao.io.cache import content_hash, hash_of, make_once, versions
from weitiao.io.corpora import Corpus
from weitiao.io.tables.files import names_of

CHARACTERS = 3_000_000  # cut at once: bounds memory, and is worth the segmenter's processes
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
        corpus: what was read and left out, as `Corpus.documents` counts it.
    """

    path: Path
    documents: int
    words: int
    corpus: Counter[str]


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
        make_once(folder, self._write)
        facts = json.loads((folder / "facts.json").read_text("utf-8"))
        corpus = Counter(facts["corpus"])
        return WordFile(folder / "words.txt", facts["documents"], facts["words"], corpus)

    def cache_key(self) -> str:
        """Hash of everything that shapes the words: contents, options, versions."""
        shaping = plain(replace(self.segment, workers=1))
        return hash_of(
            self.corpus.cache_key(),
            json.dumps([shaping, self.lowercase], sort_keys=True),
            versions(),
            *map(content_hash, self.segment.files()),
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
            problem = "there is no word in the corpus"
            hint = "see segment.stop_words"
            raise DataError(problem, file=", ".join(names_of(self.corpus.files)), hint=hint)
        facts = {"documents": documents, "words": words, "corpus": counts}
        (folder / "facts.json").write_text(json.dumps(facts), "utf-8")

    def _rows(self, counts: Counter[str]) -> Iterator[list[str]]:
        """The words of each document that has any, none of them empty or with white space."""
        for texts in batches(self.corpus.documents(counts), CHARACTERS):
            for row in self.segment.segment(texts):
                parts = (part for word in row for part in APART.split(word))
                words = (part for part in parts if 0 < len(part) <= LONGEST)
                if found := [word.lower() if self.lowercase else word for word in words]:
                    yield found
