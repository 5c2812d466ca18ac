"""How likely a model finds each of two answers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

import torch
from torch import Tensor

from weitiao.objectives.base import Batch
from weitiao.objectives.chunked import recomputed_losses

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


def likelihoods(
    speaker: Speaker, batch: Batch, vocabulary: int, *, of_first: bool = False
) -> Likelihoods:
    """Those of a batch whose sequences are first all first answers, then all others.

    Args:
        of_first: whether only first answers have a gradient; the others then cost no memory.
    """
    inputs, learned = batch["inputs"], batch["learned"]
    if not of_first:
        found = _of_sequences(speaker, inputs, learned, vocabulary)
        return Likelihoods(*(torch.stack(each.chunk(2), 1) for each in found))
    rows = len(learned) // 2
    own, other = (
        ({name: values[half] for name, values in inputs.items()}, learned[half])
        for half in (slice(rows), slice(rows, None))
    )
    first = _of_sequences(speaker, *own, vocabulary)
    with torch.no_grad():
        others = _of_sequences(speaker, *other, vocabulary)
    return Likelihoods(*(torch.stack(pair, 1) for pair in zip(first, others, strict=True)))


def _of_sequences(
    speaker: Speaker, inputs: Mapping[str, Tensor], learned: Tensor, vocabulary: int
) -> tuple[Tensor, Tensor]:
    """The sum of the logarithms of what is learned of each, and how many ids that is, ``(S,)``."""
    asked = learned[:, 1:].bool()
    vectors = speaker(**inputs)[:, :-1][asked]
    ids, row = inputs["input_ids"][:, 1:][asked], asked.nonzero()[:, 0]
    losses = recomputed_losses(speaker.logits, vectors, ids, vocabulary)
    sums = losses.new_zeros(len(asked)).index_add(0, row, -losses)
    return sums, row.bincount(minlength=len(asked))
