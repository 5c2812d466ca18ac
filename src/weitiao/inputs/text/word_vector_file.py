"""Files of word vectors: the text and binary formats of word2vec, GloVe's, fastText's ``.vec``."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import NamedTuple, NoReturn

import numpy as np

from weitiao.errors import DataError
from weitiao.io.tables.encoding import score
from weitiao.io.tables.unpack import open_bytes, refuse_packed

CHUNK = 2**20  # bytes read at once of a binary file
LONGEST_WORD, LONGEST_LINE = 2**12, 2**20  # bytes; beyond them a file isn't what it says
BEGINNING = 2**20  # bytes of text whose words tell the encoding
MOSTLY = 0.5  # share of characters that make sense
BETWEEN = re.compile(rb"(?<=[^ \t])[ \t]+")
HEADER = re.compile(rb"(\d+)[ \t]+(\d+)\s*")
CONTROL = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f]")  # soon met in binary numbers
EXPORT = (
    'export it with gensim: KeyedVectors.load(FILE).save_word2vec_format("vectors.txt"),'
    ' or of a whole model: Word2Vec.load(FILE).wv.save_word2vec_format("vectors.txt")'
)
FOREIGN = {
    re.compile(rb"\x80[\x01-\x05]"): ("a pickle, as gensim saves its objects, is not read", EXPORT),
    re.compile(rb"\x93NUMPY"): ("an array of NumPy holds no words", EXPORT),
    re.compile(rb"\xba\x16\x4f\x2f"): (
        "this is a model of fastText, not its vectors",
        "take the .vec file that is published beside it",
    ),
}


class Record(NamedTuple):
    """A word and its numbers as they stand, with its row: a line of text, or a binary record."""

    row: int
    word: bytes
    numbers: bytes


class VectorFile:
    """An open file of word vectors, perhaps a compressed one; iterating gives its records.

    Words are bytes of UTF-8, but for a few of published files that are none; in text, those of
    another encoding are turned into it. They may contain spaces, as some of GloVe's do. Numbers
    are parted by spaces or tabs, as many as may be.

    Args:
        path: the file; its format is found out from its content.

    Raises:
        DataError: it doesn't begin as a file of word vectors does.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.file = open_bytes(path)
        self._refuse_foreign()
        self.first = self.file.readline(LONGEST_LINE).removeprefix(codecs.BOM_UTF8)
        header = HEADER.fullmatch(self.first)
        numbers = self.first.split()[1:]
        if not numbers or not all(map(is_number, numbers)):
            self._refuse(
                "the first line of word vectors is a header (how many words, how wide), or a word"
                " and its numbers; this one is neither",
                1,
                self.first,
            )
        self.count = int(header[1]) if header else None
        self.width = int(header[2]) if header else len(numbers)
        if self.count == 0 or self.width == 0:
            self._refuse("the file holds no vectors", 1, self.first)
        self.binary = header is not None and CONTROL.search(self._ahead()) is not None
        self.encoding = None if self.binary else _encoding(path)

    def __enter__(self) -> VectorFile:
        return self

    def __exit__(self, *_: object) -> None:
        self.file.close()

    def __iter__(self) -> Iterator[Record]:
        done = 0
        for record in self._binary() if self.binary else self._text():
            done += 1
            yield record
        if self.count is not None and done < self.count:
            self._refuse(
                f"the file ends after {done:,} of {self.count:,} words",
                hint="fetch it again; if it was shortened on purpose, correct its first line",
            )

    def vector(self, record: Record) -> np.ndarray:
        """The numbers of a record, ``(D,)`` float32.

        Raises:
            DataError: one of them is no number, undefined or infinite.
        """
        if self.binary:
            vector = np.frombuffer(record.numbers, "<f4")
        else:
            numbers = record.numbers.split(b" ")
            broken = next((number for number in numbers if not is_number(number)), None)
            if broken is not None:
                self._refuse("this is no number", record.row, broken)
            with np.errstate(over="ignore"):  # told below
                vector = np.array([*map(float, numbers)], np.float32)
        if not np.isfinite(vector).all():
            self._refuse("a number of this word is undefined or infinite", record.row, record.word)
        return vector

    def _text(self) -> Iterator[Record]:
        """Lines; of the numbers only the count is seen, since most words are not wanted."""
        lines = self.file if self.count is not None else chain([self.first], self.file)
        for row, line in enumerate(lines, 1 if self.count is None else 2):
            line = line.rstrip()
            if line.count(b" ") != self.width or b"\t" in line or b"  " in line:
                line = BETWEEN.sub(b" ", line)
            if line.count(b" ") == self.width:
                word, _, numbers = line.partition(b" ")
                record = Record(row, word, numbers)
            elif line:
                record = self._phrase(row, line)
            else:
                continue
            if self.encoding is not None:
                word = record.word.decode(self.encoding, "replace").encode()
                record = record._replace(word=word)
            yield record

    def _phrase(self, row: int, line: bytes) -> Record:
        """A line whose word has spaces in it, which must not end in what looks like a number."""
        words, found = line.split(b" "), 0
        while found < len(words) and is_number(words[-1 - found]):
            found += 1
        if found != self.width or found == len(words):
            self._refuse(f"a word and {self.width} numbers should stand here", row, line)
        return Record(row, b" ".join(words[:-found]), b" ".join(words[-found:]))

    def _binary(self) -> Iterator[Record]:
        size, buffer, start = 4 * self.width, b"", 0
        for row in range(1, (self.count or 0) + 1):
            space = buffer.find(b" ", start)
            while space < 0 or len(buffer) <= space + size:
                more = self.file.read(CHUNK)
                if not more:
                    return
                buffer, start = buffer[start:] + more, 0
                space = buffer.find(b" ", 0, LONGEST_WORD)
                if space < 0 and len(buffer) > LONGEST_WORD:
                    self._refuse("a word without an end", row, buffer)
            # word2vec ends a record by a line break, gensim doesn't
            word, start = buffer[start:space].lstrip(b"\n"), space + 1 + size
            yield Record(row, word, buffer[space + 1 : start])

    def _ahead(self) -> bytes:
        """Some of what comes next, which stays to be read."""
        return self.file.peek(LONGEST_WORD)[:LONGEST_WORD]

    def _refuse_foreign(self) -> None:
        begin = self._ahead()
        for pattern, (problem, hint) in FOREIGN.items():
            if pattern.match(begin):
                self._refuse(problem, hint=hint)
        refuse_packed(self.path, begin)

    def _refuse(
        self, problem: str, row: int | None = None, value: bytes | None = None, hint: str = ""
    ) -> NoReturn:
        shown = value if value is None else value[:80].decode(errors="replace")
        raise DataError(problem, file=self.path, row=row, value=shown, hint=hint or None)


def _encoding(path: Path) -> str | None:
    """The codec of a text file whose words are mostly not UTF-8, told by its first ones.

    Raises:
        DataError: it can't be told.
    """
    with open_bytes(path) as file:
        lines = file.read(BEGINNING).splitlines()
    words = (BETWEEN.split(line, maxsplit=1)[0] for line in lines)
    if not (foreign := b"\n".join(word for word in words if not word.isascii())):
        return None
    scores = score(foreign)
    best = max(scores, key=lambda name: scores[name])
    # some words of published files were cut within a character
    if best == "utf-8" or scores["utf-8"] > MOSTLY:
        return None
    if scores[best] < MOSTLY:
        raise DataError("its words are not UTF-8", file=path, hint="save it in UTF-8")
    return best


def is_number(text: bytes) -> bool:
    """Whether `text` is a number as Python reads it; "nan" is."""
    try:
        float(text)
    except ValueError:
        return False
    return True
