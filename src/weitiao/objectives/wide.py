"""A wide part beside the deep one: a linear scorer of hashed n-grams that learns its weighting."""

from __future__ import annotations

from dataclasses import dataclass

from weitiao.config.bounds import at_least, shares
from weitiao.errors import ConfigError
from weitiao.objectives.wide_ngrams import WideNgrams


@dataclass(frozen=True)
class Wide:
    """A wide part (Cheng et al. 2016, "Wide & Deep Learning").

    It is trained by a loss of its own beside the deep part's, and the scores of both are mixed.

    Args:
        orders: n-grams of 1 … so many ids are scored.
        buckets: rows of the table that n-grams are hashed into.
        dropout: share of a text's n-grams left out in training.
        lr: its highest learning rate; it has no weight decay.
        share: its share of the mixed score.
    """

    orders: int = 3
    buckets: int = 2**20
    dropout: float = 0.1
    lr: float = 1e-2
    share: float = 0.75

    def __post_init__(self) -> None:
        if not 0 <= self.share <= 1:
            raise ConfigError(f"is a share of the score, got {self.share}", field="share")
        at_least(1, orders=self.orders, buckets=self.buckets)
        at_least(0, lr=self.lr)
        shares(dropout=self.dropout)

    def build(self, classes: int) -> WideNgrams:
        """The scorer of so many classes."""
        return WideNgrams(classes, self.orders, self.buckets, self.dropout)
