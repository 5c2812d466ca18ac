"""A running mean of torchmetrics' kind."""

import torch
from torch import Tensor
from torchmetrics import MeanMetric

from weitiao.objectives.precision import FullPrecision


class Mean(FullPrecision, MeanMetric):
    """A mean whose sums keep 32 bits; in bfloat16, 256 + 1 is 256.

    A value that is no number stays visible; by default torchmetrics would leave it out.
    """

    def __init__(self) -> None:
        super().__init__(nan_strategy="disable")

    def update(self, value: float | Tensor, weight: float | Tensor | None = None) -> None:
        """Take in values; torchmetrics ignores their weight where it doesn't look for NaN."""
        values = torch.as_tensor(value, dtype=self.dtype, device=self.device)
        weights = torch.as_tensor(
            1.0 if weight is None else weight, dtype=self.dtype, device=self.device
        ).expand_as(values)
        self.mean_value += (values * weights).sum()
        self.weight += weights.sum()
