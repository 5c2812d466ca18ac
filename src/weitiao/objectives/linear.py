"""The solved linear model of n-grams as a part of the network's logits."""

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from weitiao.card import DataCard
from weitiao.objectives.precision import FullPrecision


class LinearPart(FullPrecision):
    """Logits of TF-IDF n-grams by weights that were solved (`weitiao.linear`), not trained.

    Args:
        card: number of features, and the file of the weights; a checkpoint brings its own.
        logits: ``C``.
    """

    weight: Tensor
    bias: Tensor

    def __init__(self, card: DataCard, logits: int) -> None:
        super().__init__()
        assert card.input.linear_features is not None
        weight, bias = torch.zeros(card.input.linear_features, logits), torch.zeros(logits)
        if card.input.linear is not None:
            with np.load(card.input.linear) as solved:
                weight, bias = torch.from_numpy(solved["weight"]), torch.from_numpy(solved["bias"])
        self.register_buffer("weight", weight)
        self.register_buffer("bias", bias)

    def forward(self, feature_ids: Tensor, feature_values: Tensor) -> Tensor:
        """``feature_ids (B, G)``, ``feature_values (B, G)``, 0 at padding → ``(B, C)``."""
        values = feature_values.to(self.weight.dtype)
        summed = F.embedding_bag(feature_ids, self.weight, per_sample_weights=values, mode="sum")
        return summed + self.bias
