"""The link between logits and what they predict, for each task."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from weitiao.card import DataCard


def logits_width(card: DataCard) -> int:
    """Logits per row, see `width_of`."""
    return {"ordinal": len(card.labels) - 1, "regression": 1}.get(card.task, len(card.labels))


def predictions(logits: Tensor, card: DataCard) -> Tensor:
    """What the logits say, in the terms of the task.

    An ordinal scale of ``C`` classes has ``C - 1`` logits; the ``k``-th is that of going beyond
    class ``k``, given that it was reached (continuation ratios; as the loss of rank-consistent
    networks: CORN, Shi et al. 2021). So the probabilities can't contradict each other.

    Args:
        logits: ``(B, logits_width(card))``.
        card: task, labels and, for a regression, the unit of its targets.

    Returns:
        probabilities ``(B, C)``, which sum to 1 unless the task is multi-label; for a regression
        values ``(B,)`` in the unit of the targets.
    """
    if card.task == "regression":
        return logits.squeeze(-1) * card.target_scale + card.target_mean
    if card.task == "multilabel":
        return logits.sigmoid()
    if card.task == "ordinal":
        beyond = F.logsigmoid(logits).cumsum(-1).exp()  # P(y > k), falling in k
        return F.pad(beyond, (1, 0), value=1.0) - F.pad(beyond, (0, 1))
    return logits.softmax(-1)


def row_losses(logits: Tensor, target: Tensor, card: DataCard) -> Tensor:
    """The loss of each row by which models are compared, whatever the training minimises.

    Args:
        logits: ``(B, logits_width(card))``.
        target: ``(B,)`` classes or values, or ``(B, C)`` of 0 and 1.
        card: as for `predictions`.

    Returns:
        ``(B,)``: the negative log-likelihood, its mean over labels if there are many; for a
        regression the squared error in the unit of the targets.
    """
    if card.task == "regression":
        return (predictions(logits, card) - target).square()
    if card.task == "multilabel":
        elements = F.binary_cross_entropy_with_logits(
            logits, target.to(logits.dtype), reduction="none"
        )
        return elements.mean(1)
    if card.task == "ordinal":
        return continuation_ratios(logits, target)
    return F.cross_entropy(logits, target, reduction="none")


def continuation_ratios(logits: Tensor, target: Tensor) -> Tensor:
    """Negative log-likelihood of classes on a scale: ``(B, C - 1)``, ``(B,)`` → ``(B,)``."""
    steps = torch.arange(logits.shape[1], device=logits.device)
    beyond, reached = target.unsqueeze(1) > steps, target.unsqueeze(1) >= steps
    elements = F.binary_cross_entropy_with_logits(logits, beyond.to(logits.dtype), reduction="none")
    return (elements * reached).sum(1)
