"""Metrics of two answers: which of them is rewarded more, and what is said."""

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor
from torchmetrics import Metric
from torchmetrics.utilities import dim_zero_cat

from weitiao.objectives.replies import metrics as of_answers
from weitiao.objectives.replies.said import Compared, Matching


class PreferenceMetrics(Metric):
    """Keeps the scores of each row.

    Args:
        written: answers, each a list of ids → their texts.
        matching: compares them.
        names: of the metrics.
    """

    full_state_update = False
    rows: list[Tensor]

    def __init__(
        self, written: Callable[[Any], list[str]], matching: Matching, names: Sequence[str]
    ) -> None:
        super().__init__()
        self.written, self.matching, self._names = written, matching, [*names]
        self.add_state("rows", [], dist_reduce_fx="cat")  # (B, 9), `scores_of_rows`

    def names(self) -> list[str]:
        """The names of the metrics."""
        return self._names

    def update(self, predictions: Sequence[Compared], target: Sequence[str]) -> None:
        """Score some rows."""
        decided = of_answers.texts_of(predictions, self.written)
        found = scores_of_rows(predictions, decided, target, self.matching)
        self.rows.append(found.to(self.device))

    def compute(self) -> dict[str, Tensor]:
        """Each score, a scalar."""
        found = averages(dim_zero_cat(self.rows))
        return {name: found[name] for name in self._names}


def scores_of_rows(
    predictions: Sequence[Compared],
    decided: Sequence[str | None],
    targets: Sequence[str],
    matching: Matching,
) -> Tensor:
    """What `replies.metrics.scores_of_rows` gives; the rewards of both answers, whether the
    preferred one is likelier, whether it is known, ``(N, 9)``."""
    own = [[*one.rewards, one.likelier, one.known] for one in predictions]
    beside = torch.tensor(own, dtype=torch.float64).reshape(-1, 4)
    return torch.cat(
        [of_answers.scores_of_rows(predictions, decided, targets, matching), beside], 1
    )


def averages(scores: Tensor) -> dict[str, Tensor]:
    """The metrics of `scores_of_rows`, a scalar each; equal rewards are half right."""
    chosen, rejected, likelier = scores[scores[:, 8] > 0][:, 5:8].T
    right = (chosen > rejected).double() + (chosen == rejected).double() / 2
    found = {
        "accuracy": torch.where(chosen.isnan(), chosen, right).mean(),
        "likelier": likelier.mean(),
        "margin": (chosen - rejected).mean(),
        "reward_chosen": chosen.mean(),
        "reward_rejected": rejected.mean(),
    }
    return of_answers.averages(scores[:, :5]) | {name: x.float() for name, x in found.items()}
