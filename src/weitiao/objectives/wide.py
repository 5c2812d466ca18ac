"""A wide part beside the deep one: a linear scorer of hashed n-grams that learns its weighting."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from weitiao.config.bounds import at_least, shares
from weitiao.errors import ConfigError

PRIME = 2**31 - 1
SALIENCE_BOUND = 4.0  # e⁻⁴ … e⁴: no n-gram silences all others


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


class WideNgrams(nn.Module):
    """Scores of classes from n-grams, each with a learned polarity and a learned salience.

    A text's score is ``Σ eᵃ w / √Σ e²ᵃ`` over its *distinct* n-grams, with the polarity ``w`` of
    the class and the salience ``a`` of the n-gram. So the table learns the weighting that TF-IDF
    takes from counts, and texts of any length have the same norm, as in a linear SVM.

    Args:
        classes: ``C``.
    """

    def __init__(self, classes: int, orders: int, buckets: int, dropout: float) -> None:
        super().__init__()
        self.orders, self.buckets, self.dropout = orders, buckets, dropout
        self.polarity = nn.Embedding(buckets, classes)
        self.salience = nn.Embedding(buckets, 1)
        self.bias = nn.Parameter(torch.zeros(classes))
        nn.init.zeros_(self.polarity.weight)
        nn.init.zeros_(self.salience.weight)

    def forward(self, input_ids: Tensor, mask: Tensor) -> Tensor:
        """``input_ids (B, T)``, ``mask (B, T)`` bool → scores ``(B, C)``."""
        grams = ngram_buckets(input_ids, self.orders, self.buckets)  # (B, T, N)
        counted = first_of_each(grams.flatten(1)) & mask.repeat_interleave(self.orders, 1)
        if self.training and self.dropout:
            counted = counted & (torch.rand(counted.shape, device=mask.device) >= self.dropout)
        grams = grams.flatten(1)  # (B, T·N)
        salience = self.salience(grams).squeeze(-1).clamp(-SALIENCE_BOUND, SALIENCE_BOUND)
        weight = salience.exp() * counted
        norm = weight.square().sum(1, keepdim=True).clamp(min=1e-3).sqrt()
        return torch.einsum("bg,bgc->bc", weight / norm, self.polarity(grams)) + self.bias


def ngram_buckets(input_ids: Tensor, orders: int, buckets: int) -> Tensor:
    """Bucket of the n-gram that ends at each position, for n = 1 … ``orders``.

    Before the first position every id counts as -1, so n-grams at the start are ones of their own.

    Args:
        input_ids: ``(B, T)``.
        orders: longest n-gram, ``N``.

    Returns:
        ``(B, T, N)``. All products stay below 2⁶³, so the hash is the same on every device.
    """
    length = input_ids.shape[1]
    hashed = torch.zeros_like(input_ids)
    columns = []
    for order in range(orders):
        earlier = F.pad(input_ids, (order, 0), value=-1)[:, :length] + 2
        hashed = (hashed * 1000003 + earlier * 998244353 + order) % PRIME
        mixed = (hashed ^ (hashed >> 15)) * 2246822519 % PRIME  # so that `%` sees every bit
        columns.append((mixed ^ (mixed >> 13)) % buckets)
    return torch.stack(columns, -1)


def first_of_each(values: Tensor) -> Tensor:
    """Where in its row a value stands for the first time: ``(B, G)`` → ``(B, G)`` bool."""
    ordered, index = torch.sort(values, dim=1, stable=True)
    first = torch.ones_like(ordered, dtype=torch.bool)
    first[:, 1:] = ordered[:, 1:] != ordered[:, :-1]
    return torch.zeros_like(first).scatter(1, index, first)
