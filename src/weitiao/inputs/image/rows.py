"""Prepared pictures as batches; those of training may be changed as their batch is made."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import torch
from torch import Tensor

from weitiao.inputs import Draws, InputRows
from weitiao.inputs.image.augment import Augment
from weitiao.inputs.image.card import ImageInput


def array_of(encoded: pa.Table, card: ImageInput) -> np.ndarray:
    """The pixels of rows, ``(N, C, S, S)`` uint8, without copying what is one chunk."""
    column = encoded["pixels"]
    array = column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()
    if isinstance(array, pa.ChunkedArray):  # no rows at all
        return np.zeros((0, *card.shape), np.uint8)
    flat = np.frombuffer(array.buffers()[1], np.uint8)
    size = int(np.prod(card.shape))
    return flat[array.offset * size : (array.offset + len(array)) * size].reshape(-1, *card.shape)


class PictureRows(InputRows):
    """Pictures in a memory-mapped table.

    All are of one size, so a budget of tokens has nothing to count: each is 1, and it is the number
    of rows that bounds a batch.
    """

    def __init__(self, encoded: pa.Table, card: ImageInput) -> None:
        self.pixels = array_of(encoded, card)
        self.lengths = np.ones(len(self.pixels), np.int64)
        self.mean, self.deviation = (
            torch.tensor(values).view(1, -1, 1, 1) for values in (card.mean, card.deviation)
        )

    def collate(self, draws: Draws) -> dict[str, Any]:
        """``inputs``: ``pixels (B, C, S, S)`` float32, of mean 0 and deviation 1 over training."""
        return {"inputs": {"pixels": self.scaled(self.drawn(draws))}}

    def drawn(self, draws: Draws) -> Tensor:
        """The pixels of a batch, from 0 to 1."""
        return torch.from_numpy(self.pixels[draws.rows]).float().div_(255)

    def scaled(self, pixels: Tensor) -> Tensor:
        """Pixels as a model reads them."""
        return pixels.sub_(self.mean).div_(self.deviation)


class ChangedPictures(PictureRows):
    """Pictures that are changed by seed, epoch and slot."""

    def __init__(self, encoded: pa.Table, card: ImageInput, augment: Augment, seed: int) -> None:
        super().__init__(encoded, card)
        self.augment, self.seed = augment, seed

    def collate(self, draws: Draws) -> dict[str, Any]:
        """The same, and ``changed (B,)``, true where a picture is not as it was."""
        drawn = [
            self.augment.draw(np.random.default_rng((self.seed, draws.epoch, slot)))
            for slot in draws.slots.tolist()
        ]
        pixels = self.augment.changed(self.drawn(draws), drawn)
        scaled = self.augment.erased(self.scaled(pixels), drawn)
        changed = torch.tensor([not each.nothing for each in drawn])
        return {"inputs": {"pixels": scaled}, "changed": changed}

    def examples(self, count: int) -> None:
        """None: pictures can't be printed."""
