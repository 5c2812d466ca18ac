"""One way of changing a training text, and the values that it takes."""

import re
from dataclasses import dataclass
from typing import Literal, get_args

from weitiao.config.bounds import at_least
from weitiao.errors import ConfigError
from weitiao.inputs.text.augment.kept import NEGATIONS, pattern_of

Method = Literal[
    "swap",
    "delete",
    "split",
    "crop",
    "reserved",
    "vectors",
    "tfidf",
    "contextual",
    "char_swap",
    "char_delete",
    "lookalike",
    "soundalike",
]
FILE_NEEDED = ("reserved", "vectors", "contextual")
FILE_TAKEN = (*FILE_NEEDED, "lookalike")
INSIDE_WORDS = ("split", "char_swap", "char_delete")
CANDIDATES = ("vectors", "contextual")


@dataclass(frozen=True)
class Step:
    """One way of changing a text.

    Args:
        method: ``swap`` neighbouring words, ``delete`` words, ``split`` words by a space, ``crop``
            a run of words away; other words in their place, of the same group of ``reserved``
            words, near by word ``vectors``, uninformative by ``tfidf`` of the training split, or
            ``contextual``, from a masked language model; ``char_swap`` or ``char_delete`` a
            character inside words, or replace it by a hanzi that it is mistaken for, a
            ``lookalike`` or a ``soundalike``.
        p: probability that a text is changed in this way.
        share: share of a text's words that change then, at least one.
        path: the file of ``reserved`` (groups of words, a line each), ``vectors`` (as published
            for word2vec, GloVe or fastText) or ``lookalike`` (hanzi and what they look like, a
            line each; null = the table that comes along), or the folder of the masked model.
        keep: words that stay where they are, and don't come in for others: hanzi wherever they
            stand (不 in 不好), others as whole words; null = negations (不, 没, not, n't, never, …:
            `weitiao.inputs.text.augment.kept`).
        top: how many candidates a word of ``vectors`` or ``contextual`` is drawn from.

    Raises:
        ConfigError: a value is out of bounds, or has no effect on this method.
        DataError: there is no such file.
    """

    method: Method
    p: float = 0.5
    share: float = 0.1
    path: str | None = None
    keep: list[str] | None = None
    top: int = 10

    def __post_init__(self) -> None:
        if self.method not in get_args(Method):
            known = ", ".join(get_args(Method))
            raise ConfigError(f": no such method, {self.method!r}; one of {known}", field="method")
        for name in ("p", "share"):
            if not 0 < getattr(self, name) <= 1:
                raise self._fault(f"must lie in (0, 1], got {getattr(self, name)}", name)
        if self.keep is not None and not all(word.strip() for word in self.keep):
            raise self._fault("has an empty word", "keep")
        at_least(1, top=self.top)
        if self.top != Step.top and self.method not in CANDIDATES:
            raise self._fault(f"has no effect; it is for {', '.join(CANDIDATES)}", "top")
        if self.path is None and self.method in FILE_NEEDED:
            raise self._fault("must name a file or folder", "path")
        if self.path is not None and self.method not in FILE_TAKEN:
            raise self._fault(f"has no effect; it is for {', '.join(FILE_TAKEN)}", "path")

    def _fault(self, problem: str, field: str) -> ConfigError:
        return ConfigError(f"of {self.method} {problem}", field=field)

    @property
    def kept(self) -> re.Pattern[str]:
        """What finds the words to keep."""
        return pattern_of(NEGATIONS if self.keep is None else self.keep)
