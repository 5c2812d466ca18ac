"""What training minimises: the losses of each task, smoothed, focused or weighted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from weitiao.card import DataCard, Task
from weitiao.config.bounds import at_least, shares
from weitiao.errors import ConfigError
from weitiao.objectives.postprocess import continuation_ratios
from weitiao.objectives.precision import FullPrecision

Kind = Literal[
    "cross_entropy", "squared_hinge", "focal", "binary_cross_entropy", "corn", "mse", "huber"
]
KINDS: dict[Task, tuple[Kind, ...]] = {
    "classification": ("cross_entropy", "squared_hinge", "focal"),
    "multilabel": ("binary_cross_entropy", "squared_hinge", "focal"),
    "ordinal": ("corn",),
    "regression": ("mse", "huber"),
}
"""The losses of each task, its usual one first."""


@dataclass(frozen=True)
class Loss:
    """The loss of a row.

    Args:
        kind: null = the first that the task has. Classification: ``cross_entropy``;
            ``squared_hinge``, one against the rest with margin 1, the loss of a linear SVM, whose
            scores rank well but are no calibrated probabilities; ``focal`` (Lin et al. 2017).
            Multi-label: ``binary_cross_entropy``, ``squared_hinge``, ``focal``. Ordinal: ``corn``
            (Shi et al. 2021). Regression, in units of the targets' standard deviation: ``mse``;
            ``huber``.
        label_smoothing: share of the target spread over all classes (Szegedy et al. 2016).
        focus: exponent of the focal loss; 0 is cross-entropy.
        huber_delta: error from which on the Huber loss grows linearly, in standard deviations.
        class_weights: ``balanced`` weighs rows of class ``c`` by ``N / (C · N_c)``, as scikit-learn
            does; of many labels, the given ones by ``(N - N_c) / N_c``.
    """

    kind: Kind | None = None
    label_smoothing: float = 0.0
    focus: float = 2.0
    huber_delta: float = 1.0
    class_weights: Literal["none", "balanced"] = "none"

    def __post_init__(self) -> None:
        shares("model.loss", label_smoothing=self.label_smoothing)
        at_least(0, "model.loss", focus=self.focus)
        if self.label_smoothing and self.kind not in (None, "cross_entropy"):
            raise ConfigError("model.loss.label_smoothing goes with cross_entropy only")
        if self.focus != 2.0 and self.kind != "focal":
            raise ConfigError("model.loss.focus goes with kind focal only")
        if self.huber_delta != 1.0 and self.kind != "huber":
            raise ConfigError("model.loss.huber_delta goes with kind huber only")
        if not self.huber_delta > 0:
            raise ConfigError(f"model.loss.huber_delta must be above 0, got {self.huber_delta}")

    def build(self, card: DataCard) -> nn.Module:
        """The loss of logits ``(B, ·)`` and targets ``(B,)`` or ``(B, C)``, its mean a scalar.

        Raises:
            ConfigError: the task has no such loss or nothing to smooth or weigh.
        """
        kinds = KINDS[card.task]
        kind = self.kind or kinds[0]
        if kind not in kinds:
            raise ConfigError(
                f"model.loss.kind: {kind} is no loss of the task {card.task}"
                f"\n  → {' or '.join(kinds)}"
            )
        if self.label_smoothing and kind != "cross_entropy":
            raise ConfigError(f"model.loss.label_smoothing has no effect on the task {card.task}")
        weight = self._weight(card)
        if kind == "cross_entropy":
            return CrossEntropy(weight=weight, label_smoothing=self.label_smoothing)
        if card.task == "regression":
            delta = self.huber_delta if kind == "huber" else None
            return StandardError(card.target_mean, card.target_scale, delta)
        if card.task == "multilabel":
            return MultilabelLoss(self._elements(kind), weight)
        rows = continuation_ratios if kind == "corn" else self._rows(kind)
        return MulticlassLoss(rows, weight)

    def _elements(self, kind: Kind) -> Callable[[Tensor, Tensor], Tensor]:
        """Loss of each label of each row."""
        if kind == "squared_hinge":
            return squared_hinge
        # a focus of 0 is binary cross-entropy
        return partial(binary_focal, focus=self.focus if kind == "focal" else 0.0)

    def _rows(self, kind: Kind) -> Callable[[Tensor, Tensor], Tensor]:
        """Loss of each row of one class."""
        return one_against_rest if kind == "squared_hinge" else partial(focal, focus=self.focus)

    def _weight(self, card: DataCard) -> Tensor | None:
        if self.class_weights == "none":
            return None
        if card.task == "regression":
            raise ConfigError("model.loss.class_weights: a regression has no classes")
        if not all(card.label_counts):
            raise ConfigError("model.loss.class_weights: a class has no row in train")
        counts = torch.tensor(card.label_counts, dtype=torch.float32)
        if card.task == "multilabel":
            return (card.rows["train"] - counts) / counts
        return counts.sum() / (len(counts) * counts)


class CrossEntropy(FullPrecision, nn.CrossEntropyLoss):
    """torch's, whose weights keep their precision."""


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
        weights = self.weight[target]
        return (weights * losses).sum() / weights.sum()


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
        loss: as `Loss.build` gives it.
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
