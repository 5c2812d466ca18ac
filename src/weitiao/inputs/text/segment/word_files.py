"""Files of words: user dictionaries and stop words, whose content travels in the checkpoint."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from weitiao.errors import DataError

Entry = tuple[str, int | None, str | None]
"""A word with its frequency and part-of-speech tag, either of which may be missing."""


@dataclass(frozen=True)
class Words:
    """What user dictionary and stop words say; equal where they say the same.

    Args:
        dictionary: entries of the user dictionary, in order.
        stop: words to drop.
    """

    dictionary: tuple[Entry, ...] = field(default=(), compare=False)
    stop: frozenset[str] = field(default=frozenset(), compare=False)
    digest: str = field(init=False)

    def __post_init__(self) -> None:
        # so that a large dictionary is hashed once, and not whenever a cutter is looked for
        said = repr((self.dictionary, sorted(self.stop))).encode(errors="surrogatepass")
        object.__setattr__(self, "digest", hashlib.blake2b(said, digest_size=16).hexdigest())

    @classmethod
    def read(cls, user_dict: str | None, stop_words: str | None) -> Words:
        """What the files say; they are read again only after a change.

        Raises:
            DataError: one is missing, or has a line that makes no sense.
        """
        for option, file in (("user_dict", user_dict), ("stop_words", stop_words)):
            if file is not None and not Path(file).is_file():
                raise DataError(": no such file", field=option, file=file)
        stamps = [Path(file).stat().st_mtime_ns for file in (user_dict, stop_words) if file]
        return _read(user_dict, stop_words, *stamps)

    def plain(self) -> dict[str, Any]:
        """JSON-compatible values."""
        return {"dictionary": [list(e) for e in self.dictionary], "stop": sorted(self.stop)}

    @classmethod
    def of(cls, values: dict[str, Any]) -> Words:
        """The words that `plain` described."""
        return cls(tuple((w, f, t) for w, f, t in values["dictionary"]), frozenset(values["stop"]))


@lru_cache(maxsize=2)
def _read(user_dict: str | None, stop_words: str | None, *_stamps: int) -> Words:
    entries = tuple(read_user_dict(user_dict)) if user_dict else ()
    return Words(entries, read_stop_words(stop_words) if stop_words else frozenset())


def read_user_dict(file: str) -> Iterator[Entry]:
    """The entries of a user dictionary.

    Raises:
        DataError: a line is no entry, or can't be decoded.
    """
    for row, line in read_lines(file):
        # jieba itself would take "word -3" or "a word" as a word with a space in it.
        match = re.fullmatch(r"(\S+)(?:\s+([1-9][0-9]*))?(?:\s+([a-zA-Z][a-zA-Z0-9_]*))?", line)
        if match is None:
            raise DataError(
                "not a dictionary entry",
                file=file,
                row=row,
                value=line,
                hint="write `word [frequency ≥ 1] [tag]`",
            )
        word, frequency, tag = match.groups()
        yield word, int(frequency) if frequency else None, tag


def read_stop_words(file: str) -> frozenset[str]:
    """The words, a line each.

    Raises:
        DataError: a line has several words, or can't be decoded.
    """
    words = set()
    for row, line in read_lines(file):
        if len(line.split()) > 1:
            raise DataError(
                "a stop word has no white space in it",
                file=file,
                row=row,
                value=line,
                hint="write one word a line",
            )
        words.add(line)
    return frozenset(words)


def read_lines(file: str) -> Iterator[tuple[int, str]]:
    """The lines that aren't blank, stripped, with their 1-based numbers.

    Raises:
        DataError: the encoding can't be told, or a line is in another one.
    """
    from weitiao.io.tables.encoding import detect_words  # reading needs more than cutting does

    try:
        encoding = detect_words(Path(file))
    except DataError as error:
        raise DataError(error.problem, file=file, hint="save it in UTF-8") from error
    raw = Path(file).read_bytes()
    try:
        text = raw.decode(encoding)
    except UnicodeDecodeError as error:
        row = raw[: error.start].count(b"\n") + 1
        value = raw.split(b"\n")[row - 1]
        raise DataError(f"not {encoding}", file=file, row=row, value=value) from None
    for row, line in enumerate(re.split(r"\r\n|\r|\n", text), start=1):
        if line := line.removeprefix("\ufeff").strip():
            yield row, line
