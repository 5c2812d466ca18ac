"""nlpaug's augmenters of words, on the words of our segmenter, with their bugs fixed.

White space is no word, and stays where it is; so texts come back to the letter but for what was
changed, whether their language writes spaces or not.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from nlpaug import Augmenter as NlpAugmenter
from nlpaug.augmenter.word import RandomWordAug, ReservedAug, SplitAug, TfIdfAug, WordEmbsAug
from nlpaug.model.word_stats import TfIdf

from weitiao.inputs.text.augment.files import read_groups
from weitiao.inputs.text.augment.kept import kept
from weitiao.inputs.text.augment.neighbours import Neighbours
from weitiao.inputs.text.augment.randomness import reseed
from weitiao.inputs.text.segment import Segmenter

if TYPE_CHECKING:
    from weitiao.inputs.text.augment.step import Step

NOT_A_WORD = r"[\W_]+$"  # nlpaug leaves alone what matches; by itself it knows ASCII punctuation
ANY_TEXT = "x"  # what we hand to nlpaug, since the words come from our segmenter


class Word(str):
    """A word that knows the white space before it, wherever an augmenter moves it.

    Args:
        gap: the white space.
        kept: whether it is to stay as and where it is.
    """

    gap: str
    kept: bool

    @classmethod
    def all_of(cls, pieces: Sequence[str], keep: re.Pattern[str]) -> tuple[list[Word], str]:
        """The words among the pieces of a text, and the white space after the last."""
        words, gap = [], ""
        for piece, stays in zip(pieces, kept(pieces, keep), strict=True):
            if piece.isspace():
                gap += piece
            else:
                words.append(cls(piece))
                words[-1].gap, words[-1].kept, gap = gap, stays, ""
        return words, gap


class WordEdit:
    """An augmenter of nlpaug as a change of texts.

    Args:
        augmenter: works on words, or on characters of words.
        segmenter: gives the words.
        keep: finds those that are to stay.
    """

    def __init__(
        self, augmenter: NlpAugmenter, segmenter: Segmenter, keep: re.Pattern[str]
    ) -> None:
        self.augmenter, self.segmenter, self.keep = augmenter, segmenter, keep
        self._usable = augmenter.pre_skip_aug
        augmenter.pre_skip_aug = self._usable_and_free
        augmenter.tokenizer = self._tokens
        augmenter.reverse_tokenizer = list  # the words as they are; `join` knows their spaces
        self._words: list[Word] = []

    def _usable_and_free(self, tokens: list[Word], *options: Any) -> list[int]:
        return [i for i in self._usable(tokens, *options) if not tokens[i].kept]

    def _tokens(self, _: str) -> list[Word]:
        return self._words

    def __call__(self, texts: Sequence[str], seeds: Sequence[int]) -> list[str]:
        """The changed texts."""
        pieces = self.segmenter.segment(texts)
        return [self._edit(*found) for found in zip(texts, pieces, seeds, strict=True)]

    def _edit(self, text: str, pieces: list[str], seed: int) -> str:
        self._words, end = Word.all_of(pieces, self.keep)
        if not self._words:
            return text
        reseed(seed)
        (found,) = self.augmenter.augment(ANY_TEXT)
        return text if found == ANY_TEXT else join(self._words, found) + end


def join(words: list[Word], found: list[str]) -> str:
    """The text of an augmenter's words, without white space at its end.

    Words that moved or were replaced stand in the places of the old ones; those that were left over
    keep the white space before them; the halves of a split word are parted by a space.
    """
    if len(found) == len(words):
        return "".join(word.gap + new for word, new in zip(words, found, strict=True))
    if len(found) < len(words):
        rest = "".join(getattr(word, "gap", "") + word for word in found[1:])
        return words[0].gap + "".join(found[:1]) + rest
    parts, rest_of = [], iter(found)
    for word in words:
        first = next(rest_of)
        parts.append(word.gap + (first if first is word else f"{first} {next(rest_of)}"))
    return "".join(parts)


def word_augmenter(
    step: Step, texts: Callable[[], Iterable[str]], segmenter: Segmenter
) -> NlpAugmenter:
    """The augmenter of a step that changes words.

    Raises:
        DataError: the step's file is at fault.
    """
    options: dict[str, Any] = {"aug_p": step.share, "aug_max": None}
    known: dict[str, Any] = options | {"stopwords_regex": NOT_A_WORD}
    match step.method:
        case "split":
            return _Split(min_char=2, **known)
        case "swap":
            return _Swap(action="swap", **known)
        case "crop":
            return _Crop(action="crop", **options)
        case "reserved":
            groups = read_groups(str(step.path), segmenter)
            return ReservedAug(groups, tokenizer=lambda word: [word], **options)
        case "vectors":
            model = Neighbours(str(step.path), step.top, step.kept)
            return WordEmbsAug("word2vec", model=model, **known)
        case "tfidf":
            pieces = segmenter.segment(list(texts()))
            keep = step.kept
            rows = [
                [w for w in row if any(map(str.isalnum, w)) and not keep.search(w)]
                for row in pieces
            ]
            return _TfIdfAug(_TfIdf.of([row for row in rows if row]), **known)
    return RandomWordAug(action=step.method, **known)


class _Split(SplitAug):
    @classmethod
    def sample(cls, x: Any, num: Any = None) -> Any:
        """Also between the last two characters: nlpaug's fails on words of two."""
        return np.random.randint(1, x) if isinstance(x, int) else random.sample(x, num)


class _Swap(RandomWordAug):
    def _get_swap_position(self, pos: int, token_length: int) -> int:
        """A neighbour that may move; the place itself if none may."""
        words = self.tokenizer(ANY_TEXT)
        free = [i for i in (pos - 1, pos + 1) if 0 <= i <= token_length and not words[i].kept]
        if len(free) < 2:
            return free[0] if free else pos
        return int(super()._get_swap_position(pos, token_length))


class _Crop(RandomWordAug):
    def crop(self, data: str) -> list[str]:
        """Take a run of words away.

        nlpaug's own fails where one word is to go, lets runs to the left go around the end, and
        brings the second word back when the first goes.
        """
        words = self.tokenizer(data)
        count = min(self.generate_aug_cnt(len(words)), len(words) - 1)
        starts = [
            start
            for start in range(len(words) - count + 1)
            if not any(word.kept for word in words[start : start + count])
        ]
        if not starts:
            return words
        start = random.choice(starts)
        return words[:start] + words[start + count :]


class _TfIdf(TfIdf):
    @classmethod
    def of(cls, rows: list[list[str]]) -> _TfIdf:
        """The statistics of rows of words."""
        model = cls()
        model.train(rows)
        model.cumulative = np.cumsum(model.tfidf_scores)
        return model

    @classmethod
    def _normalize(cls, data: np.ndarray) -> np.ndarray:
        """Probabilities that fall with TF-IDF; where all are equal nlpaug's gives only one."""
        less = data.max(initial=0) - data
        return less / less.sum() if less.sum() else np.full(len(data), 1 / max(len(data), 1))

    def predict(self, data: str, top_k: int) -> list[str]:
        """Words by their probability; nlpaug's own walks through all of them each time."""
        places = np.searchsorted(self.cumulative, np.random.random(top_k) * self.cumulative[-1])
        return [self.tokens[place] for place in places]


class _TfIdfAug(TfIdfAug):
    def __init__(self, model: _TfIdf, **options: Any) -> None:
        self._trained = model
        super().__init__(**options)

    def get_model(self, force_reload: bool = False) -> _TfIdf:
        """Ours; nlpaug would take the first one that was ever loaded."""
        return self._trained
