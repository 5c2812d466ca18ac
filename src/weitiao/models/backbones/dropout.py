"""Dropout of models of `transformers` on a CPU.

torch draws a random number for each element that dropout sees, which takes a third of a training
step of BERT in bfloat16. Here one number of 64 bits decides about four elements, so probabilities
are rounded to 1/65,536.
"""

import torch
from torch import Tensor, nn

LEVELS = 2**16


def drop(x: Tensor, p: float) -> Tensor:
    """Dropout (Srivastava et al. 2014): an element is 0 with probability ``p``, else scaled."""
    if (kept := round((1 - p) * LEVELS)) == LEVELS:  # which 16 bits with a sign don't hold
        return x
    drawn = torch.empty((x.numel() + 3) // 4, dtype=torch.int64).random_(-(2**63), None)
    keep = drawn.view(torch.int16)[: x.numel()].view(x.shape) < kept - LEVELS // 2
    return x * keep.to(x.dtype).mul_(LEVELS / max(kept, 1))


class Dropout(nn.Dropout):
    """torch's on other devices."""

    def forward(self, x: Tensor) -> Tensor:
        """``x``, with some elements 0 in training."""
        if not (self.training and 0 < self.p < 1 and x.device.type == "cpu"):
            return super().forward(x)
        return drop(x, self.p)
