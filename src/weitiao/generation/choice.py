"""Which id comes next: the likeliest, or a sampled one."""

import hashlib
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from weitiao.generation.options import Generation
from weitiao.models.decoding import Row, likeliest


class Choice:
    """Which id comes next.

    A row has a source of chance of its own, so what it says depends on the seed and its number
    alone, whatever stands beside it. Drawn is by noise that is added to the logits (Gumbel 1954;
    Maddison et al. 2014): where a sum in another order moves the seventh digit of a logit, as in a
    batch of another size, the largest of them hardly ever changes.
    """

    def __init__(self, options: Generation) -> None:
        from transformers import TemperatureLogitsWarper, TopKLogitsWarper, TopPLogitsWarper

        self.seed, self.drawn, self.warpers = options.seed, options.drawn, list[Any]()
        if options.temperature not in (0, 1):
            self.warpers.append(TemperatureLogitsWarper(float(options.temperature)))
        if options.top_k is not None:
            self.warpers.append(TopKLogitsWarper(options.top_k))
        if options.top_p < 1:
            self.warpers.append(TopPLogitsWarper(options.top_p))

    def __call__(self, logits: Tensor, rows: Sequence[Row]) -> Tensor:
        """The next ids of some rows, ``(B, V)`` → ``(B,)``."""
        if not self.drawn:
            return likeliest(logits, rows)
        for warper in self.warpers:
            logits = warper(None, logits)
        drawn = torch.stack([self._noise(row, logits.shape[1]) for row in rows])
        noise = drawn.to(logits.device)  # the same on any
        return (logits - noise.clamp_(min=torch.finfo(noise.dtype).tiny).log_()).argmax(-1)

    def _noise(self, row: Row, size: int) -> Tensor:
        if row.chance is None:
            key = hashlib.blake2b(f"{self.seed} {row.number}".encode(), digest_size=8).digest()
            row.chance = torch.Generator().manual_seed(int.from_bytes(key, "big", signed=True))
        return torch.empty(size).exponential_(generator=row.chance)
