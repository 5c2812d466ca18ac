"""How likely a model finds each of two answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import torch
from torch import Tensor

from weitiao.objectives.base import Batch
from weitiao.objectives.replies.chunked import recomputed_losses

if TYPE_CHECKING:
    from weitiao.objectives.replies.replying import Speaker


class Likelihoods(NamedTuple):
    """Of the preferred answer of each row, and of the other.

    Args:
        sums: ``(B, 2)``, of the logarithms of their ids' probabilities.
        counts: ``(B, 2)``, how many ids they have; 0 of one that doesn't fit.
    """

    sums: Tensor
    counts: Tensor

    @property
    def means(self) -> Tensor:
        """``(B, 2)``, over the ids."""
        return self.sums / self.counts.clamp(min=1)

    @property
    def known(self) -> Tensor:
        """``(B,)`` of bool: whether both are there."""
        return self.counts.amin(1) > 0


def likelihoods(speaker: Speaker, batch: Batch, vocabulary: int) -> Likelihoods:
    """Those of a batch whose sequences are first all preferred answers, then all others."""
    inputs, asked = batch["inputs"], batch["learned"][:, 1:].bool()
    vectors = speaker(**inputs)[:, :-1][asked]
    ids, row = inputs["input_ids"][:, 1:][asked], asked.nonzero()[:, 0]
    losses = recomputed_losses(speaker.logits, vectors, ids, vocabulary)
    sums = losses.new_zeros(len(asked)).index_add(0, row, -losses)
    counts = row.bincount(minlength=len(asked))
    return Likelihoods(*(torch.stack(each.chunk(2), 1) for each in (sums, counts)))
