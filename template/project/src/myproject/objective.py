"""One class a row, without being too sure of it."""

from typing import Any

from torch import Tensor, nn

from weitiao.card import DataCard
from weitiao.objectives import Classification
from weitiao.objectives.scorer import Encoder


class WithPenalty(nn.Module):
    """A loss of logits, lower where the prediction is less sure (Pereyra et al. 2017)."""

    def __init__(self, loss: nn.Module, penalty: float) -> None:
        super().__init__()
        self.loss, self.penalty = loss, penalty

    def forward(self, logits: Tensor, target: Tensor) -> Tensor:
        """Logits ``(B, C)`` and classes ``(B,)`` → a mean."""
        shares = logits.log_softmax(-1)
        entropy = -(shares.exp() * shares).sum(-1)
        return self.loss(logits, target) - self.penalty * entropy.mean()


class Cautious(Classification):
    """Learns one class a row.

    Args:
        card: the data card.
        backbone: gives vectors.
        penalty: of a prediction that is sure; 0 is cross-entropy.
        options: those of classification.
    """

    def __init__(
        self, card: DataCard, backbone: Encoder, penalty: float = 0.1, **options: Any
    ) -> None:
        super().__init__(card, backbone, **options)
        self.criterion = WithPenalty(self.criterion, penalty)
