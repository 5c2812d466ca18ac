"""Metrics of choices: accuracy, mean reciprocal rank, calibration."""

from collections.abc import Sequence

import torch
from torch import Tensor
from torchmetrics import Metric
from torchmetrics.functional.classification import binary_calibration_error
from torchmetrics.utilities import dim_zero_cat

NAMES = ("accuracy", "mrr", "ece")
BINS = 15  # of probabilities, as those of classes have


class ChoiceMetrics(Metric):
    """Keeps the scores of each row."""

    full_state_update = False
    rows: list[Tensor]

    def __init__(self) -> None:
        super().__init__()
        self.add_state("rows", [], dist_reduce_fx="cat")  # (B, 3), `scores_of_rows`

    def names(self) -> list[str]:
        """The names of the metrics."""
        return [*NAMES]

    def update(self, predictions: Sequence[Sequence[float]], target: Tensor) -> None:
        """Score some rows."""
        self.rows.append(scores_of_rows(predictions, target).to(self.device))

    def compute(self) -> dict[str, Tensor]:
        """Each score, a scalar from 0 to 1."""
        return averages(dim_zero_cat(self.rows))


def scores_of_rows(predictions: Sequence[Sequence[float]], targets: Tensor) -> Tensor:
    """Whether it is right, the reciprocal rank of the right option, the probability of the chosen
    one, ``(N, 3)``.

    Options that are as probable as the right one rank before it.

    Args:
        predictions: of each row the probabilities of its options.
        targets: ``(N,)`` places of the right ones.
    """
    rows = [
        [
            float(max(range(len(row)), key=row.__getitem__) == right),
            1 / sum(each >= row[right] for each in row),
            max(row),
        ]
        for row, right in zip(predictions, targets.tolist(), strict=True)
    ]
    return torch.tensor(rows, dtype=torch.float64).reshape(-1, 3)


def averages(scores: Tensor) -> dict[str, Tensor]:
    """The metrics of `scores_of_rows`, a scalar each: the last is the expected calibration error
    (Guo et al. 2017)."""
    right, rank, sure = scores.unbind(1)
    error = binary_calibration_error(sure.float(), right.long(), BINS, validate_args=False)
    return {"accuracy": right.mean().float(), "mrr": rank.mean().float(), "ece": error}
