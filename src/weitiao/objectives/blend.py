"""How much each part of a model's logits counts: fitted on validation, kept in the checkpoint."""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

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

    def fit(
        self,
        parts: Tensor,
        target: Tensor,
        row_losses: Callable[[Tensor, Tensor], Tensor],
        weights: Tensor | None = None,
        unit: float = 1.0,
    ) -> int:
        """Choose the weights: positive ones of least loss, near ``before`` where rows are few.

        Their proportion is that of least loss with all classes of equal weight, since macro
        averages come first; their size, the temperature, that of least loss of the rows as they
        are.

        Args:
            parts: ``(P, N, C)``.
            target: ``(N,)`` or ``(N, C)``.
            row_losses: logits ``(N, C)`` and targets → ``(N,)``.
            weights: of the rows, ``(N,)``, that make classes equal; null = all alike.
            unit: of the losses, which makes them nats or variances.

        Returns:
            how many rows were left out, since a logit of theirs is no finite number.
        """
        finite = parts.isfinite().all(2).all(0)
        parts, target = parts[:, finite].double(), target[finite]
        target = target.double() if target.is_floating_point() else target
        alike = torch.ones(len(target), dtype=torch.double)
        each = alike if weights is None else weights[finite].double()
        before = torch.tensor(self.before, dtype=torch.double)
        chosen = before * _factors(before.view(-1, 1, 1) * parts, target, each, row_losses, unit)
        mixed = torch.einsum("p,pnc->nc", chosen, parts).unsqueeze(0)
        size = _factors(mixed, target, alike, row_losses, unit)
        self.weight.copy_((chosen * size).to(self.weight))
        return int((~finite).sum())


def _factors(
    parts: Tensor,
    target: Tensor,
    each: Tensor,
    row_losses: Callable[[Tensor, Tensor], Tensor],
    unit: float,
) -> Tensor:
    """Positive factors ``(P,)`` of the parts ``(P, N, C)`` for the least loss of weighted rows."""
    log = torch.zeros(len(parts), dtype=torch.double, requires_grad=True)
    solver = torch.optim.LBFGS([log], max_iter=100, line_search_fn="strong_wolfe")

    def loss() -> Tensor:
        solver.zero_grad()
        logits = torch.einsum("p,pnc->nc", log.exp(), parts)
        rows = (each * row_losses(logits, target)).sum() / unit
        found = rows + PRIOR * log.square().sum()
        found.backward()
        return found

    solver.step(loss)
    return log.detach().exp()
