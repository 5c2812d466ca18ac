"""Masking: which ids a masked language model has to predict, and what replaces them."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np

from weitiao.config.bounds import at_least, shares
from weitiao.errors import ConfigError
from weitiao.pretraining.card import NOT_PREDICTED, LanguageCard


@dataclass(frozen=True)
class Masking:
    """What is masked, anew in each epoch (Liu et al. 2019).

    Args:
        unit: ``word`` masks all ids of a word of ``data.segment`` or none (Cui et al. 2021);
            ``id`` takes each alone.
        share: of the ids that are to be predicted.
        ngram: most words in a row that are masked together; a length from 1 to this is drawn, the
            shorter the likelier, by 1 / length.
        random: share of the predicted ids that are replaced by any id.
        kept: share of the predicted ids that stay as they are. The rest are masked.

    Raises:
        ConfigError: a value is out of bounds, or has no effect.
    """

    unit: Literal["word", "id"] = "word"
    share: float = 0.15
    ngram: int = 1
    random: float = 0.1
    kept: float = 0.1

    def __post_init__(self) -> None:
        shares(share=self.share, random=self.random, kept=self.kept)
        at_least(1, ngram=self.ngram)
        if self.random + self.kept > 1:
            raise ConfigError("and kept are shares of the same ids, up to 1", field="random")
        if self.share == 0:
            raise ConfigError("= 0 leaves nothing to predict", field="share")

    def apply(
        self, ids: np.ndarray, words: np.ndarray, card: LanguageCard, draw: np.random.Generator
    ) -> tuple[np.ndarray, np.ndarray]:
        """Mask a block.

        Args:
            ids: ``(T,)``.
            words: ``(T,)`` rising numbers of the words; -1 at special ids.
            card: knows the ids that mean something.
            draw: random numbers.

        Returns:
            ``(T,)`` what the model sees, and ``(T,)`` what it has to predict, elsewhere
            `NOT_PREDICTED`.
        """
        chosen = self._choose(words if self.unit == "word" else _each_alone(words), draw)
        labels = np.where(chosen, ids, NOT_PREDICTED)
        seen, fate = ids.copy(), draw.random(len(ids))
        anything = _meaningful(card.vocab_size, tuple(card.special_ids))
        seen[chosen] = card.mask_id
        swapped = chosen & (fate < self.random)
        seen[swapped] = anything[draw.integers(len(anything), size=int(swapped.sum()))]
        kept = chosen & (fate >= 1 - self.kept)
        seen[kept] = ids[kept]
        return seen, labels

    def _choose(self, words: np.ndarray, draw: np.random.Generator) -> np.ndarray:
        """``(T,)`` bool: random words, as many as fit into the share; at least one."""
        chosen = np.zeros(len(words), bool)
        numbers, sizes = np.unique(words[words >= 0], return_counts=True)
        budget = max(1, round(self.share * int(sizes.sum())))
        taken = np.zeros(len(numbers), bool)
        for first in draw.permutation(len(numbers)).tolist():
            length = self._length(draw)
            run = slice(first, first + length)
            cost = int(sizes[run][~taken[run]].sum())
            if cost <= budget or not taken.any():
                taken[run] = True
                budget -= cost
            if budget <= 0:
                break
        chosen[words >= 0] = np.repeat(taken, sizes)
        return chosen

    def _length(self, draw: np.random.Generator) -> int:
        if self.ngram == 1:
            return 1
        odds = 1 / np.arange(1, self.ngram + 1)
        return int(draw.choice(self.ngram, p=odds / odds.sum())) + 1


def _each_alone(words: np.ndarray) -> np.ndarray:
    return np.where(words >= 0, np.arange(len(words)), -1)


@lru_cache(maxsize=1)  # of each block the same
def _meaningful(vocab_size: int, special_ids: tuple[int, ...]) -> np.ndarray:
    return np.setdiff1d(np.arange(vocab_size), special_ids)
