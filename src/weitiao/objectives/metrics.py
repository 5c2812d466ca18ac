"""Metrics of sets of labels and of numbers, measured on all rows of a split together."""

from collections.abc import Callable, Collection, Sequence
from typing import Any, Literal

import torch
from torch import Tensor
from torchmetrics import Metric
from torchmetrics.functional import classification as many
from torchmetrics.utilities import dim_zero_cat

from weitiao.objectives.labels.multiclass_metrics import AVERAGES


def mode_of(monitor: str, lower_is_better: Collection[str]) -> Literal["max", "min"]:
    """Whether more or less of a metric ``SPLIT/NAME`` is better.

    The F1 of a class that is called ``loss``, ``val/f1_class/loss``, is no loss.
    """
    return "min" if monitor.partition("/")[2] in lower_is_better else "max"


class EpochMetrics(Metric):
    """Keeps all predictions and targets, on all devices, and measures them together.

    Args:
        measure: predictions and targets of all rows → metrics.
        names: of the metrics.
    """

    full_state_update = False
    predictions: list[Tensor]
    target: list[Tensor]

    def __init__(
        self, measure: Callable[[Tensor, Tensor], dict[str, Tensor]], names: Sequence[str]
    ) -> None:
        super().__init__()
        self.measure, self._names = measure, [*names]
        self.add_state("predictions", [], dist_reduce_fx="cat")
        self.add_state("target", [], dist_reduce_fx="cat")

    def names(self) -> list[str]:
        """The names of the metrics."""
        return self._names

    def update(self, predictions: Tensor, target: Tensor) -> None:
        """Keep a batch: values ``(B,)`` or probabilities ``(B, C)``, and the targets alike."""
        self.predictions.append(predictions.detach())
        self.target.append(target)

    def compute(self) -> dict[str, Tensor]:
        """Each score, a scalar."""
        return self.measure(*self._joined())

    def everything(self) -> tuple[Tensor, Tensor]:
        """Predictions and targets of all batches so far, of all devices."""
        with self.sync_context():
            return self._joined()

    def _joined(self) -> tuple[Tensor, Tensor]:
        return dim_zero_cat(self.predictions), dim_zero_cat(self.target)


NUMBER_METRICS = ("r2", "pearson", "spearman", "mse", "mae")


def regression_metrics(values: Tensor, targets: Tensor) -> dict[str, Tensor]:
    """Errors in the unit of the targets, R² and correlations of ``(N,)`` both.

    R² is not torchmetrics': it takes sums of squares below 1e-4 for 0, so that of targets in small
    units any prediction has an R² of 1.
    """
    found, true = values.double(), targets.double()
    error = found - true
    spread = (true - true.mean()).square().sum()
    return {
        "r2": 1 - error.square().sum() / spread if _differ(true) else spread.new_tensor(torch.nan),
        "pearson": correlation(found, true),
        "spearman": correlation(ranks(found), ranks(true)),
        "mse": error.square().mean(),
        "mae": error.abs().mean(),
    }


def correlation(one: Tensor, other: Tensor) -> Tensor:
    """Pearson's correlation of ``(N,)`` both, a scalar; NaN where either has equal values only."""
    if not (_differ(one) and _differ(other)):  # else the rounding of a mean is correlated
        return one.new_tensor(torch.nan)
    return torch.corrcoef(torch.stack([one, other]))[0, 1]


def _differ(values: Tensor) -> bool:
    return bool(values.min() < values.max())


def ranks(values: Tensor) -> Tensor:
    """The rank of each value, equal ones sharing their mean rank, ``(N,)`` → ``(N,)``.

    torchmetrics' Spearman visits all rows once for each value that occurs twice.
    """
    _, place, counts = values.unique(return_inverse=True, return_counts=True)
    return (counts.cumsum(0) - (counts - 1) / 2)[place].double()


KINDS = {
    "f1": many.multilabel_f1_score,
    "precision": many.multilabel_precision,
    "recall": many.multilabel_recall,
}
LABEL_METRICS = (
    *(f"{name}_{mean}" for mean in AVERAGES for name in ("f1", "precision", "recall")),
    *("f1_samples", "exact_match", "hamming", "auroc", "average_precision"),
)
"""Those of sets of labels, without the F1 of each label."""


def multilabel_metrics(
    probabilities: Tensor, given: Tensor, targets: Tensor, labels: Sequence[str], *, ranked: bool
) -> dict[str, Tensor]:
    """Label- and example-based metrics (Zhang & Zhou 2014, "A Review on Multi-Label Learning").

    A row without labels, of which none was expected, counts as right.

    Args:
        probabilities: ``(N, C)``.
        given: ``(N, C)``, the labels decided on.
        targets: ``(N, C)`` of 0 and 1.
        labels: names of the ``C`` labels.
        ranked: with the metrics that need probabilities.
    """
    found, true, count = given.int(), targets.int(), len(labels)
    values: dict[str, Tensor] = {}
    options: dict[str, Any] = {"validate_args": False, "zero_division": 0}
    for average in AVERAGES:
        for name, score in KINDS.items():
            values[f"{name}_{average}"] = score(found, true, count, average=average, **options)
    hits, sizes = (found & true).sum(1).double(), (found.sum(1) + true.sum(1)).double()
    values["f1_samples"] = torch.where(sizes > 0, 2 * hits / sizes.clamp(min=1), 1.0).mean()
    values["exact_match"] = (found == true).all(1).double().mean()
    values["hamming"] = (found != true).double().mean()
    if ranked:
        values |= _ranked(probabilities, true, count)
    per_label = many.multilabel_f1_score(found, true, count, average="none", **options)
    return values | {f"f1_class/{x}": f1 for x, f1 in zip(labels, per_label, strict=True)}


def _ranked(probabilities: Tensor, true: Tensor, count: int) -> dict[str, Tensor]:
    """Means over the labels that some rows have and some have not; NaN if there is none."""
    mixed = (true.sum(0) > 0) & (true.sum(0) < len(true))
    scores = {
        "auroc": many.multilabel_auroc,
        "average_precision": many.multilabel_average_precision,
    }
    return {
        name: score(
            probabilities.float(), true, count, average="none", thresholds=None, validate_args=False
        )[mixed].mean()
        for name, score in scores.items()
    }
