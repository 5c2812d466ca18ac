"""Scores of tag sequences (CRF, Viterbi): which tag may follow which, how likely one is."""

import torch
from torch import Tensor, nn

from weitiao.objectives.precision import FullPrecision
from weitiao.objectives.spans.tags import OUTSIDE

_NEVER = -1e4  # of a step that isn't allowed: finite, so that no gradient is NaN


class Chain(FullPrecision):
    """A linear chain over tags of spans: a span goes on only with its own type.

    Args:
        types: of spans; there are ``K = 2 · types + 1`` tags (`tags`).
        learned: whether steps have weights that are learned, which makes it a conditional random
            field (Lafferty et al. 2001); else all that are allowed weigh alike.
    """

    allowed: Tensor

    def __init__(self, types: int, *, learned: bool) -> None:
        super().__init__()
        tags = 2 * types + 1
        allowed = torch.ones(tags, tags, dtype=torch.bool)
        for inside in range(2, tags, 2):
            allowed[:, inside] = False
            allowed[inside - 1 : inside + 1, inside] = True
        self.register_buffer("allowed", allowed, persistent=False)
        self.steps = nn.Parameter(torch.zeros(tags, tags)) if learned else None

    def scores(self) -> Tensor:
        """Weight of each step ``(K, K)``, from the tag of the row to that of the column."""
        weight = torch.zeros(self.allowed.shape, device=self.allowed.device)
        return (weight if self.steps is None else self.steps).masked_fill(~self.allowed, _NEVER)

    def losses(
        self, emissions: Tensor, tags: Tensor, mask: Tensor, weights: Tensor | None = None
    ) -> Tensor:
        """The negative log-likelihood of each row's tags, ``(B,)``.

        Args:
            emissions: ``(B, T, K)``, a score of each tag at each position.
            tags: ``(B, T)`` int64; any value where the mask is false.
            mask: ``(B, T)`` bool, false behind the end of a row.
            weights: ``(B, T)`` of positions, 0 where the mask is false, if steps aren't learned;
                null = all alike.
        """
        tags = tags.masked_fill(~mask, OUTSIDE)
        own = emissions.gather(-1, tags.unsqueeze(-1)).squeeze(-1)
        if self.steps is None:
            return ((emissions.logsumexp(-1) - own) * (mask if weights is None else weights)).sum(1)
        steps = self.scores()
        before = nn.functional.pad(tags[:, :-1], (1, 0), value=OUTSIDE)
        scored = ((own + steps[before, tags]) * mask).sum(1)
        return self._partition(emissions, mask, steps) - scored

    def _partition(self, emissions: Tensor, mask: Tensor, steps: Tensor) -> Tensor:
        """Log of the sum over all sequences, ``(B,)``, by the forward algorithm."""
        total = emissions[:, 0] + steps[OUTSIDE]  # a row begins as if nothing stood before
        for position in range(1, emissions.shape[1]):
            onward = (total.unsqueeze(2) + steps).logsumexp(1) + emissions[:, position]
            total = torch.where(mask[:, position].unsqueeze(1), onward, total)
        return torch.where(mask[:, 0], total.logsumexp(1), 0.0)
