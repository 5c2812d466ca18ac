"""The loss: cross-entropy with label smoothing and class weights."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import torch
from torch import nn

from weitiao.errors import ConfigError


@dataclass(frozen=True)
class Loss:
    """Cross-entropy over the classes.

    Args:
        label_smoothing: share of the target spread over all classes (Szegedy et al. 2016).
        class_weights: ``balanced`` weighs class ``c`` by ``N / (C · N_c)``, as scikit-learn does.
    """

    label_smoothing: float = 0.0
    class_weights: Literal["none", "balanced"] = "none"

    def build(self, label_counts: list[int]) -> nn.CrossEntropyLoss:
        """The loss of logits ``(B, C)`` and targets ``(B,)``, its mean a scalar."""
        weight = None
        if self.class_weights == "balanced":
            if not all(label_counts):
                raise ConfigError("model.loss.class_weights: a class has no row in train")
            counts = torch.tensor(label_counts, dtype=torch.float32)
            weight = counts.sum() / (len(counts) * counts)
        return nn.CrossEntropyLoss(weight=weight, label_smoothing=self.label_smoothing)
