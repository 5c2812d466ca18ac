"""The loss of logits and classes: cross-entropy or squared hinge, smoothed or weighted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor, nn

from weitiao.errors import ConfigError


@dataclass(frozen=True)
class Loss:
    """The loss over the classes.

    Args:
        kind: ``cross_entropy``, or ``squared_hinge``: one against the rest with margin 1, the loss
            of a linear SVM; its scores rank well but are no calibrated probabilities.
        label_smoothing: share of the target spread over all classes (Szegedy et al. 2016).
        class_weights: ``balanced`` weighs class ``c`` by ``N / (C · N_c)``, as scikit-learn does.
    """

    kind: Literal["cross_entropy", "squared_hinge"] = "cross_entropy"
    label_smoothing: float = 0.0
    class_weights: Literal["none", "balanced"] = "none"

    def __post_init__(self) -> None:
        if self.kind == "squared_hinge" and self.label_smoothing:
            raise ConfigError("model.loss.label_smoothing goes with cross_entropy only")

    def build(self, label_counts: list[int]) -> nn.Module:
        """The loss of logits ``(B, C)`` and targets ``(B,)``, its mean a scalar."""
        weight = None
        if self.class_weights == "balanced":
            if not all(label_counts):
                raise ConfigError("model.loss.class_weights: a class has no row in train")
            counts = torch.tensor(label_counts, dtype=torch.float32)
            weight = counts.sum() / (len(counts) * counts)
        if self.kind == "squared_hinge":
            return SquaredHinge(weight)
        return nn.CrossEntropyLoss(weight=weight, label_smoothing=self.label_smoothing)


class SquaredHinge(nn.Module):
    """``max(0, 1 - y·s)²``, mean over classes and rows, with ``y`` = 1 for the target, else -1.

    Args:
        weight: ``(C,)`` weight of rows by their class.
    """

    weight: Tensor | None

    def __init__(self, weight: Tensor | None = None) -> None:
        super().__init__()
        self.register_buffer("weight", weight)

    def forward(self, logits: Tensor, target: Tensor) -> Tensor:
        """Logits ``(B, C)``, targets ``(B,)`` → the weighted mean."""
        signs = torch.full_like(logits, -1.0).scatter(1, target.unsqueeze(1), 1.0)
        losses = torch.relu(1 - signs * logits).square().mean(1)  # (B,)
        if self.weight is None:
            return losses.mean()
        weights = self.weight[target]
        return (weights * losses).sum() / weights.sum()
