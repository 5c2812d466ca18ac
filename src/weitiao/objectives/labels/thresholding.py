"""Which labels a row of many is given: by thresholds that are chosen on validation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from weitiao.errors import ConfigError
from weitiao.objectives.precision import FullPrecision

_GRID = 199  # thresholds tried for all labels at once: 0.005 … 0.995


@dataclass(frozen=True)
class Decision:
    """Which labels a row of many gets from its probabilities.

    Args:
        threshold: ``one`` for all labels or ``each`` label its own, chosen by (macro) F1 on
            validation after each epoch and kept in the checkpoint; or ``half``: 0.5.
        at_least: so many labels are given, the most probable ones, even below the threshold.
        at_most: not more than so many; null = any number.
    """

    threshold: Literal["one", "each", "half"] = "one"
    at_least: int = 0
    at_most: int | None = None

    def __post_init__(self) -> None:
        if self.at_least < 0:
            raise ConfigError(f"is a number of labels, {self.at_least}?", field="at_least")
        if self.at_most is not None and self.at_most < max(1, self.at_least):
            raise ConfigError(f"= {self.at_most} must be at least 1 and at_least", field="at_most")

    def build(self, labels: int) -> Thresholds:
        """The module that decides on so many labels.

        Raises:
            ConfigError: there are fewer of them than a row is to have.
        """
        if self.at_least > labels:
            raise ConfigError(f"= {self.at_least}: there are {labels} labels", field="at_least")
        return Thresholds(self, labels)


class Thresholds(FullPrecision):
    """The labels whose probability reaches their threshold.

    Args:
        decision: how thresholds are chosen, and bounds of the number of labels.
        labels: ``C``.
    """

    threshold: Tensor

    def __init__(self, decision: Decision, labels: int) -> None:
        super().__init__()
        self.decision = decision
        self.register_buffer("threshold", torch.full((labels,), 0.5))

    def tune(self, probabilities: Tensor, targets: Tensor) -> None:
        """Choose the thresholds; ``(N, C)`` both."""
        if self.decision.threshold == "one":
            self.threshold.fill_(best_for_all(probabilities, targets))
        elif self.decision.threshold == "each":
            self.threshold.copy_(best_for_each(probabilities, targets))

    def forward(self, probabilities: Tensor) -> Tensor:
        """``(B, C)`` → ``(B, C)`` bool."""
        given = probabilities >= self.threshold.to(probabilities.dtype)
        if not self.decision.at_least and self.decision.at_most is None:
            return given
        # rank by the distance above the threshold, so that at_most keeps the surest ones
        margin = probabilities - self.threshold.to(probabilities.dtype)
        rank = margin.argsort(dim=-1, descending=True, stable=True).argsort(-1)
        given = given | (rank < self.decision.at_least)
        return given if self.decision.at_most is None else given & (rank < self.decision.at_most)


def best_for_all(probabilities: Tensor, targets: Tensor) -> float:
    """The threshold of highest macro F1, ``(N, C)`` both; of several the one nearest to 0.5."""
    true = targets.bool()
    best = (-1.0, 0.0, 0.5)
    for threshold in torch.linspace(0, 1, _GRID + 2)[1:-1].tolist():
        given = probabilities >= threshold
        hits = (given & true).sum(0).double()
        f1 = float((2 * hits / (given.sum(0) + true.sum(0)).clamp(min=1)).mean())
        best = max(best, (f1, -abs(threshold - 0.5), threshold))
    return best[2]


def best_for_each(probabilities: Tensor, targets: Tensor) -> Tensor:
    """Per label the threshold of highest F1, ``(N, C)`` both → ``(C,)``.

    It lies in the middle between the last probability that is taken and the first that isn't. A
    label that validation lacks keeps 0.5.
    """
    ordered, index = probabilities.float().sort(0, descending=True)
    true = targets.to(ordered.dtype).gather(0, index)  # (N, C)
    taken = torch.arange(1, len(ordered) + 1, device=ordered.device).unsqueeze(1)
    f1 = 2 * true.cumsum(0) / (taken + true.sum(0))
    following = torch.cat([ordered[1:], torch.zeros_like(ordered[:1])])
    f1 = f1.masked_fill(ordered == following, -1)  # equal probabilities can't be told apart
    best = f1.argmax(0, keepdim=True)
    middle = (ordered.gather(0, best) + following.gather(0, best)).squeeze(0) / 2
    return torch.where(true.sum(0) > 0, middle, 0.5)
