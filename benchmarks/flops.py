"""How many operations a training step takes, and how many the machine could do."""

from __future__ import annotations

import time
from collections.abc import Callable

import torch
from torch import Tensor
from torch.utils.flop_counter import FlopCounterMode


def matmul_rate(size: int = 1024, times: int = 30) -> float:
    """FLOP per second of a product of square float32 matrices, the best of several."""
    a, b = torch.rand(2, size, size)
    seconds = []
    for _ in range(times):
        started = time.perf_counter()
        _ = a @ b
        seconds.append(time.perf_counter() - started)
    return 2 * size**3 / min(seconds)


def flops_of(loss: Callable[[], Tensor]) -> int:
    """FLOP of the matrix products in a loss and its gradients, as torch counts them."""
    with FlopCounterMode(display=False) as counter:
        loss().backward()
    return counter.get_total_flops()
