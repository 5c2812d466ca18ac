"""The segmenter: which options each method has, and who cuts."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields, replace
from functools import lru_cache
from pathlib import Path
from typing import Literal, get_args
from urllib.parse import urlsplit

from rich.console import Console

from weitiao import distributed
from weitiao.config.bounds import at_least
from weitiao.errors import ConfigError
from weitiao.inputs.text.segment import corenlp, dictionary, stanza
from weitiao.inputs.text.segment.word_files import Words

Method = Literal["jieba", "rjieba", "char", "whitespace", "stanza", "corenlp"]

_OPTIONS: dict[Method, tuple[str, ...]] = {
    "jieba": ("hmm", "user_dict", "workers"),
    "rjieba": ("hmm", "user_dict", "workers"),
    "char": (),
    "whitespace": (),
    "stanza": ("language", "models"),
    "corenlp": ("language", "url", "workers"),
}
"""What a method has besides stop words."""
SHOWN = 5  # words of a dictionary that are cut nevertheless


@dataclass(frozen=True)
class Segmenter:
    r"""Cuts texts into words that join to the text again, unless stop words are dropped.

    White space is never lost: jieba and rjieba give each white-space character as a word of its
    own ("\r\n" as one), the others each run of it as one.

    Args:
        method: `rjieba` is jieba's algorithm and dictionary in Rust, ten times as fast; it keeps
            some addresses and numbers whole that `jieba` cuts. `char` gives Unicode code points
            (an emoji of several code points becomes several words), `whitespace` the runs of
            white space and what stands between them. `stanza` (extra of that name) is a neural
            model that you fetch first, `corenlp` (extra of that name) asks a server that you start.
        hmm: let a hidden Markov model find words that the dictionary lacks (jieba, rjieba).
        user_dict: text file of further words for jieba or rjieba, a line each:
            `word [frequency] [tag]`. Without a frequency the word gets one with which it wins.
        stop_words: text file of words to drop after segmentation, a line each.
        workers: processes for jieba and rjieba, requests under way at once for corenlp. Processes
            pay for jieba; rjieba cuts nearly as fast as words can be handed over. Input that one
            process cuts in about a second stays in this process. The result does not depend on it.
        language: code of the texts' language (stanza, corenlp): `zh`, `en`, …
        models: folder of stanza's models; null = where `stanza.download` puts them.
        url: where the CoreNLP server answers.

    Raises:
        ConfigError: an unknown method, an option that the method doesn't have, workers < 1, or what
            can be no language or no URL.
    """

    method: Method = "rjieba"
    hmm: bool = True
    user_dict: str | None = None
    stop_words: str | None = None
    workers: int = 1
    language: str = "zh"
    models: str | None = None
    url: str = "http://localhost:9000"

    def __post_init__(self) -> None:
        if self.method not in get_args(Method):
            known = ", ".join(get_args(Method))
            raise ConfigError(f"unknown segmenter {self.method!r}: choose one of {known}")
        at_least(1, workers=self.workers)
        used = ("method", "stop_words", *_OPTIONS[self.method])
        given = (field for field in fields(self) if getattr(self, field.name) != field.default)
        if useless := ", ".join(field.name for field in given if field.name not in used):
            raise ConfigError(f"{useless}: nothing that the segmenter {self.method!r} can use")
        if not re.fullmatch(r"[A-Za-z]+(-[A-Za-z]+)*", self.language):
            raise ConfigError(f": {self.language!r} is no language code", field="language")
        if urlsplit(self.url).scheme not in ("http", "https") or not urlsplit(self.url).hostname:
            problem, hint = f": {self.url!r} is no URL of a server", "http://localhost:9000"
            raise ConfigError(problem, field="url", hint=hint)

    def words(self) -> Words:
        """What `user_dict` and `stop_words` say.

        Raises:
            DataError: one is not a file, or has a line that makes no sense.
        """
        words = Words.read(self.user_dict, self.stop_words)
        if words.dictionary and distributed.first():
            _warn_of_cut_words(self, words)
        return words

    def segment(self, texts: Sequence[str], words: Words | None = None) -> list[list[str]]:
        """Cut each text into its words, in order; an empty text has none.

        Args:
            words: what dictionary and stop words say, where it is known; null = read the files.

        Raises:
            ConfigError: stanza's model isn't there, or the server doesn't do its part.
            DataError: `user_dict` or `stop_words` is at fault.
            MissingExtra: the package that the method needs isn't installed.
        """
        words = self.words() if words is None else words
        found = self._cut(texts, words)
        if not words.stop:
            return list(found)
        return [[word for word in row if word not in words.stop] for row in found]

    def _cut(self, texts: Sequence[str], words: Words) -> Iterable[list[str]]:
        match self.method:
            case "char":
                return map(list, texts)
            case "whitespace":
                return map(re.compile(r"\s+|\S+").findall, texts)
            case "stanza":
                return stanza.cut(texts, self.language, self.models)
            case "corenlp":
                return corenlp.cut(texts, self.language, self.url, self.workers)
        return dictionary.cut(texts, self.method, self.hmm, words, self.workers)

    def cut_words(self, words: Words) -> list[str]:
        """The words of a dictionary that are cut nevertheless, so that no text has them.

        jieba and rjieba part a text at most signs before they look into a dictionary: ``*ST``.
        """
        named = [word for word, *_ in words.dictionary]
        found = replace(self, workers=1)._cut(named, words)
        return [word for word, cut in zip(named, found, strict=True) if len(cut) > 1]

    def files(self) -> list[Path]:
        """The files whose contents shape the words, beside the options.

        Raises:
            ConfigError: stanza's model isn't there.
            DataError: one of the others isn't.
            MissingExtra: stanza isn't installed, and `models` doesn't say where its models are.
        """
        self.words()
        named = [Path(name) for name in (self.user_dict, self.stop_words) if name is not None]
        return [*named, *self.model_files()]

    def model_files(self) -> list[Path]:
        """Those of the files that are a model; see `files`."""
        return stanza.model_files(self.language, self.models) if self.method == "stanza" else []


@lru_cache(maxsize=2)  # once is enough
def _warn_of_cut_words(segmenter: Segmenter, words: Words) -> None:
    if cut := segmenter.cut_words(words):
        shown = ", ".join(cut[:SHOWN]) + (", …" if len(cut) > SHOWN else "")
        console = Console(stderr=True, highlight=False, markup=False, soft_wrap=True)
        console.print(
            f"! {segmenter.user_dict}: {len(cut):,} of {len(words.dictionary):,} words never come"
            f" out whole, as {segmenter.method} cuts them at their signs: {shown}"
        )
