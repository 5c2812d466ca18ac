"""Metrics of judged answers: how far rewards tell good ones from bad ones."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import torch
from torch import Tensor
from torchmetrics import Metric
from torchmetrics.functional.classification import binary_auroc
from torchmetrics.utilities import dim_zero_cat

if TYPE_CHECKING:
    from weitiao.objectives.preferences.judging import Valued


class JudgingMetrics(Metric):
    """Keeps the scores of each row.

    Args:
        names: of the metrics.
    """

    full_state_update = False
    rows: list[Tensor]

    def __init__(self, names: Sequence[str]) -> None:
        super().__init__()
        self._names = [*names]
        self.add_state("rows", [], dist_reduce_fx="cat")  # (B, 6), `scores_of_rows`

    def names(self) -> list[str]:
        """The names of the metrics."""
        return self._names

    def update(self, predictions: Sequence[Valued], target: Sequence[str]) -> None:
        """Score some rows."""
        self.rows.append(scores_of_rows(predictions).to(self.device))

    def compute(self) -> dict[str, Tensor]:
        """Each score, a scalar."""
        found = averages(dim_zero_cat(self.rows))
        return {name: found[name] for name in self._names}


def scores_of_rows(predictions: Sequence[Valued]) -> Tensor:
    """Sum of the losses, over how many ids, whether the answer is good, its reward, whether an own
    one was asked for, and ended by itself, ``(N, 6)``."""
    rows = [
        [one.loss, one.size, one.good, one.reward, one.ids is not None, bool(one.ended)]
        for one in predictions
    ]
    return torch.tensor(rows, dtype=torch.float64).reshape(-1, 6)


def averages(scores: Tensor) -> dict[str, Tensor]:
    """The metrics of `scores_of_rows`, a scalar each; what no row has a part in is NaN."""
    known = scores[scores[:, 1] > 0]
    good = known[:, 2] > 0
    rewards, (loss, size) = known[:, 3], known[good, :2].sum(0)
    told = bool(good.any() and not good.all()) and not bool(rewards.isnan().any())
    asked, ended = scores[:, 4:].sum(0)
    found = {
        # probabilities: torchmetrics takes others for logits, and rounds them alike
        "auroc": binary_auroc(_ranks(rewards), good.long()) if told else rewards.sum() * torch.nan,
        "reward_good": rewards[good].mean(),
        "reward_bad": rewards[~good].mean(),
        "perplexity": (loss / size).exp(),
        "ended": ended / asked,
    }
    return {name: value.float() for name, value in found.items()}


def _ranks(values: Tensor) -> Tensor:
    """The place of each value among all that differ, from 0 to 1, ``(N,)``."""
    _, places = values.unique(return_inverse=True)
    return places.double() / max(1, int(places.max()))
