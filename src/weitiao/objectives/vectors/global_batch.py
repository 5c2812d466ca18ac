"""The rows of all processes as one batch, for losses that compare each with each."""

from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor

from weitiao import distributed


def of_all_rows(values: Tensor) -> Tensor:
    """What all processes have of a batch, ``(B, …)`` each, in the order in which one would have it.

    Each process then computes the same loss. Its gradient reaches the process's own rows only, so
    that it counts as often as there are processes: they take the mean of their gradients.
    """
    return _Gathered.apply(values) if distributed.several() else values


class _Gathered(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, values: Tensor) -> Tensor:
        processes = dist.get_world_size()
        counts = [values.new_zeros(1, dtype=torch.long) for _ in range(processes)]
        dist.all_gather(counts, counts[0].new_tensor([len(values)]))
        longest = int(torch.cat(counts).max())
        padded = values.new_zeros(longest, *values.shape[1:])
        padded[: len(values)] = values
        parts = [torch.empty_like(padded) for _ in range(processes)]
        dist.all_gather(parts, padded)
        # rows were dealt out one by one, and the first processes have one more
        place = torch.arange(longest, device=values.device).unsqueeze(1)
        there = place < torch.cat(counts)
        ctx.own, ctx.processes = there.nonzero()[:, 1] == dist.get_rank(), processes
        return torch.stack(parts, 1)[there]

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> Tensor:
        return gradients[0][ctx.own] * ctx.processes
