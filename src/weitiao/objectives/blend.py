"""How much each part of a model's logits counts: fitted on validation, kept in the checkpoint."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from weitiao.card import DataCard
from weitiao.objectives.postprocess import row_losses
from weitiao.objectives.precision import FullPrecision, full

PRIOR = 5.0  # nats per squared logarithm: doubling a weight must gain 2.4 in all


class Blend(FullPrecision):
    """The weighted sum of parts, whose weights minimise the loss on validation.

    With one part that is temperature scaling (Guo et al. 2017); with several, their logarithmic
    opinion pool, calibrated at once.

    Args:
        before: a weight for each part, until validation says otherwise.
    """

    weight: Tensor

    def __init__(self, before: Sequence[float]) -> None:
        super().__init__()
        self.before = tuple(before)
        self.register_buffer("weight", torch.tensor(self.before))

    def forward(self, parts: Sequence[Tensor]) -> Tensor:
        """``P`` logits ``(B, C)`` → ``(B, C)``."""
        total = torch.zeros_like(full(parts[0]))
        for weight, part in zip(self.weight, parts, strict=True):
            total = total + weight * full(part)
        return total

    def fit(self, parts: Tensor, target: Tensor, card: DataCard) -> int:
        """Choose the weights: positive ones of least loss, near ``before`` where rows are few.

        Their proportion is that of least loss with all classes of equal weight, since macro
        averages come first; their size, the temperature, that of least loss of the rows as they
        are.

        Args:
            parts: ``(P, N, C)``.
            target: ``(N,)`` or ``(N, C)``.
            card: task, rows per class, unit of a regression.

        Returns:
            how many rows were left out, since a logit of theirs is no finite number.
        """
        finite = parts.isfinite().all(2).all(0)
        parts, target = parts[:, finite].double(), target[finite]
        target = target.double() if target.is_floating_point() else target
        each = torch.ones(len(target), dtype=torch.double)
        if card.task == "classification":
            counts = torch.tensor(card.label_counts, dtype=torch.double).clamp(min=1)
            each = (counts.sum() / (len(counts) * counts))[target]
        before = torch.tensor(self.before, dtype=torch.double)
        chosen = before * _factors(before.view(-1, 1, 1) * parts, target, each, card)
        mixed = torch.einsum("p,pnc->nc", chosen, parts).unsqueeze(0)
        size = _factors(mixed, target, torch.ones_like(each), card)
        self.weight.copy_((chosen * size).to(self.weight))
        return int((~finite).sum())


def _factors(parts: Tensor, target: Tensor, each: Tensor, card: DataCard) -> Tensor:
    """Positive factors ``(P,)`` of the parts ``(P, N, C)`` for the least loss of weighted rows."""
    log = torch.zeros(len(parts), dtype=torch.double, requires_grad=True)
    unit = card.target_scale**2 if card.task == "regression" else 1.0
    solver = torch.optim.LBFGS([log], max_iter=100, line_search_fn="strong_wolfe")

    def loss() -> Tensor:
        solver.zero_grad()
        logits = torch.einsum("p,pnc->nc", log.exp(), parts)
        rows = (each * row_losses(logits, target, card)).sum() / unit
        found = rows + PRIOR * log.square().sum()
        found.backward()
        return found

    solver.step(loss)
    return log.detach().exp()
