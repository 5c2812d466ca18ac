"""Vectors of the units of texts, for objectives of places in a text."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from weitiao.objectives.base import Batch
from weitiao.objectives.precision import full
from weitiao.objectives.scorer import Encoder
from weitiao.objectives.windows import vectors_of

INSIDE = 4  # places of units within an id that are told apart


class Units(NamedTuple):
    """The units of a batch.

    Args:
        vectors: ``(B, U, H)``.
        mask: ``(B, U)`` bool, false behind the end of a row.
        offsets: ``(B, U, 2)`` where each unit stands in the text as it was read.
        mean: ``(B, H)`` of the vectors of all ids of a row.
        before: ``(B, H)`` of those that stand before its text, such as a question's.
    """

    vectors: Tensor
    mask: Tensor
    offsets: np.ndarray
    mean: Tensor
    before: Tensor

    def rows(self) -> Iterator[np.ndarray]:
        """The offsets of each row, ``(U, 2)``."""
        lengths = self.mask.sum(1).tolist()
        yield from (row[:length] for row, length in zip(self.offsets, lengths, strict=True))


def inside_of_ids(width: int) -> nn.Embedding:
    """What is added to the vector of a unit for its place within its id; nothing at first."""
    inside = nn.Embedding(INSIDE, width)
    nn.init.zeros_(inside.weight)
    return inside


def units_of_batch(backbone: Encoder, batch: Batch, inside: nn.Embedding, longest: int) -> Units:
    """The vector of each unit: that of its id, and of its place in it.

    Args:
        inside: as `inside_of_ids` makes it.
        longest: ids that the backbone reads at once.
    """
    inputs, pieces = batch["inputs"], batch["pieces"]
    mask = pieces >= 0
    text = torch.zeros_like(inputs["attention_mask"])
    text[mask.nonzero()[:, 0], pieces[mask]] = True
    vectors = vectors_of(backbone, inputs, text, longest)
    of_ids = pieces.clamp(min=0).unsqueeze(-1).expand(-1, -1, vectors.shape[-1])
    units = vectors.gather(1, of_ids) + inside(_inside(pieces)).to(vectors)
    there = inputs["attention_mask"]
    means = (_mean(vectors, ids) for ids in (there, there & (text.cumsum(1) == 0)))
    return Units(units, mask, batch["offsets"].cpu().numpy(), *means)


def _mean(vectors: Tensor, ids: Tensor) -> Tensor:
    """The mean of the vectors of some ids of each row, ``(B, H)``; 0 of none."""
    taken = ids.unsqueeze(-1)
    return ((full(vectors) * taken).sum(1) / taken.sum(1).clamp(min=1)).to(vectors)


def _inside(pieces: Tensor) -> Tensor:
    """The place of each unit within its id, ``(B, U)``, up to the last that is told apart."""
    place = torch.arange(pieces.shape[1], device=pieces.device).expand_as(pieces)
    first = torch.ones_like(pieces, dtype=torch.bool)
    first[:, 1:] = pieces[:, 1:] != pieces[:, :-1]
    begin = (place * first).cummax(1).values
    return (place - begin).clamp(max=INSIDE - 1)
