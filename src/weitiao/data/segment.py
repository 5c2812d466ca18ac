"""Texts into words: one small interface over jieba, rjieba, characters and white space."""

from __future__ import annotations

import os
import re
from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from itertools import chain
from pathlib import Path
from typing import Literal, get_args

from weitiao.errors import ConfigError, DataError

Method = Literal["jieba", "rjieba", "char", "whitespace"]
Cutter = Callable[[str], list[str]]

_DICTIONARY_METHODS = ("jieba", "rjieba")
# Characters that take about a second in one process: below, starting processes costs more.
_WORTH_PROCESSES = {"jieba": 200_000, "rjieba": 2_000_000}
_CHUNKS_PER_WORKER = 4


@dataclass(frozen=True)
class Segmenter:
    r"""Cuts texts into words that join to the text again, unless stop words are dropped.

    White space is never lost: jieba and rjieba give each white-space character as a word of its
    own ("\r\n" as one), `whitespace` gives each run of it as one.

    Args:
        method: `rjieba` is jieba's algorithm and dictionary in Rust, ten times as fast; it keeps
            some addresses and numbers whole that `jieba` cuts. `char` gives Unicode code points
            (an emoji of several code points becomes several words), `whitespace` the runs of
            white space and what stands between them.
        hmm: let a hidden Markov model find words that the dictionary lacks (jieba, rjieba).
        user_dict: UTF-8 file of further words for jieba or rjieba, a line each:
            `word [frequency] [tag]`. Without a frequency the word gets one with which it wins.
        stop_words: UTF-8 file of words to drop after segmentation, a line each.
        workers: processes for jieba and rjieba. They pay for jieba; rjieba cuts nearly as fast as
            words can be handed over. Input that one process cuts in about a second stays in this
            process. The result does not depend on it.

    Raises:
        ConfigError: an unknown method, an option that the method doesn't have, or workers < 1.
        DataError: `user_dict` or `stop_words` is not a file, or has a line that makes no sense.
    """

    method: Method = "rjieba"
    hmm: bool = True
    user_dict: str | None = None
    stop_words: str | None = None
    workers: int = 1

    def __post_init__(self) -> None:
        if self.method not in get_args(Method):
            known = ", ".join(get_args(Method))
            raise ConfigError(f"unknown segmenter {self.method!r}: choose one of {known}")
        if self.workers < 1:
            raise ConfigError(f"workers must be at least 1, not {self.workers}")
        if self.method not in _DICTIONARY_METHODS:
            given = {
                "hmm": not self.hmm,
                "user_dict": self.user_dict is not None,
                "workers": self.workers > 1,
            }
            if useless := ", ".join(name for name, is_set in given.items() if is_set):
                raise ConfigError(f"{useless}: nothing that the segmenter {self.method!r} can use")
        for file in (self.user_dict, self.stop_words):
            if file is not None and not os.path.isfile(file):
                raise DataError("no such file", file=file)

    def segment(self, texts: Sequence[str]) -> list[list[str]]:
        """Cut each text into its words, in order; an empty text has none."""
        stop = _read_stop_words(self.stop_words) if self.stop_words else None
        if self.workers > 1 and sum(map(len, texts)) >= _WORTH_PROCESSES[self.method]:
            words = self._segment_in_processes(texts)
        else:
            words = map(self._cutter(), texts)
        if stop is None:
            return list(words)
        return [[word for word in row if word not in stop] for row in words]

    def _cutter(self) -> Cutter:
        """The function that cuts one text, with its dictionary loaded once per process."""
        if self.method == "char":
            return list
        if self.method == "whitespace":
            return re.compile(r"\s+|\S+").findall
        edited = os.stat(self.user_dict).st_mtime_ns if self.user_dict else 0
        return partial(_load_cutter(self.method, self.user_dict, edited), self.hmm)

    def _segment_in_processes(self, texts: Sequence[str]) -> Iterator[list[str]]:
        # loky starts fresh interpreters: no fork under torch's threads, and, other than
        # multiprocessing's "spawn", no second import of the user's entry script. It keeps them,
        # with their dictionaries, for the next call.
        from joblib import Parallel, delayed

        step = -(-len(texts) // (self.workers * _CHUNKS_PER_WORKER))
        chunks = [list(texts[start : start + step]) for start in range(0, len(texts), step)]
        parallel = Parallel(n_jobs=self.workers, backend="loky", return_as="generator")
        lengths = parallel(delayed(_word_lengths)(self, chunk) for chunk in chunks)
        return chain.from_iterable(map(_slice_words, chunks, lengths))


def _word_lengths(segmenter: Segmenter, texts: list[str]) -> array[int]:
    """The lengths of all words of `texts`: they say all, and cost little to send back."""
    cut = segmenter._cutter()
    return array("I", (len(word) for text in texts for word in cut(text)))


def _slice_words(texts: list[str], lengths: Iterable[int]) -> Iterator[list[str]]:
    length = iter(lengths)
    for text in texts:
        words, start = [], 0
        while start < len(text):
            end = start + next(length)
            words.append(text[start:end])
            start = end
        yield words


@lru_cache(maxsize=2)
def _load_cutter(
    method: Method, user_dict: str | None, edited: int
) -> Callable[[bool, str], list[str]]:
    """A private jieba or rjieba with the user's words; `edited` renews it when the file changes.

    Returns:
        A function of the choice of the HMM and of the text.
    """
    words = _read_user_dict(user_dict) if user_dict else []
    if method == "rjieba":
        import rjieba

        rust = rjieba.Jieba()
        for word, frequency, tag in words:
            rust.add_word(word, frequency, tag)
        return lambda hmm, text: rust.cut(text, hmm)
    import jieba

    # Tokenizer.initialize() would read and write a marshal cache in the shared temporary folder,
    # where anyone can plant one, and talk on stderr. Reading the dictionary takes 0.8 s.
    python = jieba.Tokenizer()
    python.FREQ, python.total = python.gen_pfdict(python.get_dict_file())
    python.initialized = True
    for word, frequency, tag in words:
        python.add_word(word, frequency, tag)
    return lambda hmm, text: python.lcut(text, HMM=hmm)


def _read_user_dict(file: str) -> list[tuple[str, int | None, str | None]]:
    """Words with their frequency and part-of-speech tag, either of which may be missing."""
    entries: list[tuple[str, int | None, str | None]] = []
    for row, line in _read_lines(file):
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
        entries.append((word, int(frequency) if frequency else None, tag))
    return entries


def _read_stop_words(file: str) -> frozenset[str]:
    words = set()
    for row, line in _read_lines(file):
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


def _read_lines(file: str) -> Iterator[tuple[int, str]]:
    """The lines that aren't blank, stripped, with their 1-based numbers."""
    for row, raw in enumerate(Path(file).read_bytes().splitlines(), start=1):
        try:
            line = raw.decode("utf-8-sig" if row == 1 else "utf-8").strip()
        except UnicodeDecodeError:
            raise DataError("not UTF-8", file=file, row=row, value=raw) from None
        if line:
            yield row, line
