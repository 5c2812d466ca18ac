"""What training minimises: losses of classes, of labels, of steps of a scale, of numbers."""

from collections.abc import Callable, Sequence
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from weitiao.config.bounds import at_least
from weitiao.errors import ConfigError
from weitiao.objectives.precision import FullPrecision

Balance = Literal["none", "balanced"]
USUAL_FOCUS = 2.0  # exponent of the focal loss


class CrossEntropy(FullPrecision, nn.CrossEntropyLoss):
    """torch's, whose weights keep their precision, and weigh rows where it smooths, too.

    torch's own weighs the smoothed part of each row by all classes: of 97 rows in 100 a rare class
    would then be the best answer to every row.
    """

    def forward(self, logits: Tensor, target: Tensor) -> Tensor:
        """Logits ``(B, C)``, classes ``(B,)`` → the mean, a scalar."""
        if self.weight is None or not self.label_smoothing:
            return super().forward(logits, target)
        smoothing = self.label_smoothing
        losses = F.cross_entropy(logits, target, reduction="none", label_smoothing=smoothing)
        return _mean(losses, self.weight[target])


class MulticlassLoss(FullPrecision):
    """Mean over rows, weighted by their class.

    Args:
        rows: logits and targets ``(B,)`` → ``(B,)``.
        weight: ``(C,)``; null = all alike.
    """

    weight: Tensor | None

    def __init__(
        self, rows: Callable[[Tensor, Tensor], Tensor], weight: Tensor | None = None
    ) -> None:
        super().__init__()
        self.rows = rows
        self.register_buffer("weight", weight)

    def forward(self, logits: Tensor, target: Tensor) -> Tensor:
        """The mean, a scalar."""
        losses = self.rows(logits, target)
        if self.weight is None:
            return losses.mean()
        return _mean(losses, self.weight[target])


class MultilabelLoss(FullPrecision):
    """Mean over rows and labels; labels that are given count by their weight.

    Args:
        elements: logits and 0/1 targets, ``(B, C)`` both → ``(B, C)``.
        weight: ``(C,)``; null = all alike.
    """

    weight: Tensor | None

    def __init__(
        self, elements: Callable[[Tensor, Tensor], Tensor], weight: Tensor | None = None
    ) -> None:
        super().__init__()
        self.elements = elements
        self.register_buffer("weight", weight)

    def forward(self, logits: Tensor, target: Tensor) -> Tensor:
        """The mean, a scalar."""
        target = target.to(logits.dtype)
        losses = self.elements(logits, target)
        if self.weight is not None:
            losses = losses * torch.where(target > 0, self.weight, 1.0)
        return losses.mean()


def _mean(losses: Tensor, weights: Tensor) -> Tensor:
    return (weights * losses).sum() / weights.sum()


class StandardError(nn.Module):
    """Squared or Huber error of targets in units of their standard deviation.

    Args:
        mean: of the training targets.
        scale: their standard deviation.
        delta: where the Huber loss turns linear; null = squared everywhere.
    """

    def __init__(self, mean: float, scale: float, delta: float | None) -> None:
        super().__init__()
        self.mean, self.scale, self.delta = mean, scale, delta

    def forward(self, logits: Tensor, target: Tensor) -> Tensor:
        """Logits ``(B, 1)``, targets ``(B,)`` → the mean, a scalar."""
        found, true = logits.squeeze(-1), ((target - self.mean) / self.scale).to(logits.dtype)
        if self.delta is None:
            return F.mse_loss(found, true)
        return F.huber_loss(found, true, delta=self.delta)


def size_of(loss: nn.Module, target: Tensor) -> Tensor:
    """What the mean of a loss is over: its rows, or the sum of the weights of their classes.

    Args:
        loss: of this file.
        target: ``(B,)`` or ``(B, C)``.
    """
    if isinstance(loss, CrossEntropy | MulticlassLoss) and loss.weight is not None:
        return loss.weight[target].sum()
    return torch.tensor(float(len(target)), device=target.device)


def squared_hinge(logits: Tensor, target: Tensor) -> Tensor:
    """``max(0, 1 - y·s)²`` with ``y`` = 1 for a target of 1, else -1; all ``(B, C)``."""
    return torch.relu(1 - (2 * target - 1) * logits).square()


def one_against_rest(logits: Tensor, target: Tensor) -> Tensor:
    """Squared hinge of one class against the rest, mean over classes: ``(B, C)``, ``(B,)``."""
    hot = torch.zeros_like(logits).scatter(1, target.unsqueeze(1), 1.0)
    return squared_hinge(logits, hot).mean(1)


def focal(logits: Tensor, target: Tensor, focus: float) -> Tensor:
    """Cross-entropy times ``(1 - p) ** focus``: ``(B, C)``, ``(B,)`` → ``(B,)``."""
    loss = F.cross_entropy(logits, target, reduction="none")
    return (1 - (-loss).exp()) ** focus * loss


def binary_focal(logits: Tensor, target: Tensor, focus: float) -> Tensor:
    """The same of each label alone; all ``(B, C)``."""
    loss = F.binary_cross_entropy_with_logits(logits, target, reduction="none")
    return (1 - (-loss).exp()) ** focus * loss


def continuation_ratios(logits: Tensor, target: Tensor) -> Tensor:
    """Negative log-likelihood of classes on a scale: ``(B, C - 1)``, ``(B,)`` → ``(B,)``."""
    steps = torch.arange(logits.shape[1], device=logits.device)
    beyond, reached = target.unsqueeze(1) > steps, target.unsqueeze(1) >= steps
    elements = F.binary_cross_entropy_with_logits(logits, beyond.to(logits.dtype), reduction="none")
    return (elements * reached).sum(1)


def class_weights(counts: Sequence[int], balance: Balance) -> Tensor | None:
    """Weights ``(C,)`` of rows by their class, ``N / (C · N_c)``; null = all alike.

    Raises:
        ConfigError: a class has no row.
    """
    if balance == "none":
        return None
    found = counted(counts)
    return found.sum() / (len(found) * found)


def counted(counts: Sequence[int]) -> Tensor:
    """The rows of each class as fractions are made of them, ``(C,)``.

    Raises:
        ConfigError: a class has none.
    """
    if not all(counts):
        raise ConfigError(": a class has no row in train", field="class_weights")
    return torch.tensor(counts, dtype=torch.float32)


def refuse_idle_focus(kind: str, focus: float) -> None:
    """Refuse an exponent that only the focal loss has.

    Raises:
        ConfigError: it is set beside another kind, or is none.
    """
    if focus != USUAL_FOCUS and kind != "focal":
        raise ConfigError("goes with kind focal only", field="focus")
    at_least(0, focus=focus)
