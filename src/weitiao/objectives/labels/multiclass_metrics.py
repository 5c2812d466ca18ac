"""Metrics of one class per row as torchmetrics objects."""

from collections.abc import Sequence
from typing import Any, Literal

import torch
from torch import Tensor, nn
from torchmetrics import Metric, MetricCollection
from torchmetrics.classification import (
    MulticlassAccuracy,
    MulticlassAUROC,
    MulticlassCalibrationError,
    MulticlassCohenKappa,
    MulticlassConfusionMatrix,
    MulticlassF1Score,
    MulticlassMatthewsCorrCoef,
    MulticlassPrecision,
    MulticlassRecall,
)
from torchmetrics.utilities import dim_zero_cat

AVERAGES: tuple[Literal["macro", "micro", "weighted"], ...] = ("macro", "micro", "weighted")
KINDS = {"f1": MulticlassF1Score, "precision": MulticlassPrecision, "recall": MulticlassRecall}


def build_scalars(
    classes: int, *, ordered: bool = False, ranked: bool = True, joined: bool = True
) -> MetricCollection:
    """The metrics that are one number each, from probabilities ``(B, C)`` and targets ``(B,)``.

    Choose by macro averages: micro F1 of a single-label task is only the accuracy again.

    Args:
        ordered: with ``qwk``, Cohen's kappa with quadratic weights, and ``mae``, the mean distance
            on a scale of classes.
        ranked: with AUROC and the expected calibration error (Guo et al. 2017), which need
            probabilities and not only predicted classes.
        joined: over the rows of all processes; otherwise over those of this one.
    """
    options: dict[str, Any] = {"validate_args": False, "sync_on_compute": joined}
    metrics: dict[str, Metric | MetricCollection] = {
        f"{name}_{average}": kind(classes, average=average, zero_division=0, **options)
        for average in AVERAGES
        for name, kind in KINDS.items()
    }
    metrics["accuracy"] = MulticlassAccuracy(classes, average="micro", **options)
    if ranked:
        metrics["auroc"] = MacroAUROC(classes, joined)
        metrics["ece"] = MulticlassCalibrationError(classes, n_bins=15, norm="l1", **options)
    metrics["mcc"] = Matthews(classes, **options)
    found = MetricCollection(metrics)
    if ordered:
        kappa = MulticlassCohenKappa(classes, weights="quadratic", **options)
        found.add_metrics({"qwk": kappa, "mae": ScaleDistance(classes, **options)})
    return found


class ScaleDistance(MulticlassConfusionMatrix):
    """Mean distance between the found class and the true one, in classes."""

    def compute(self) -> Tensor:
        """The mean, a scalar."""
        counts, place = self.confmat.double(), torch.arange(self.num_classes)
        distance = (place.unsqueeze(0) - place.unsqueeze(1)).abs().to(counts)
        return ((counts * distance).sum() / counts.sum()).float()


class MacroAUROC(MulticlassAUROC):
    """Mean over classes of the area under the curve of one class against the rest.

    Classes without rows are left out, as in the macro averages of F1, precision and recall;
    torchmetrics' own mean takes them for 0. NaN where there is only one class.

    Args:
        joined: over the rows of all processes.
    """

    def __init__(self, classes: int, joined: bool = True) -> None:
        super().__init__(classes, average="none", validate_args=False, sync_on_compute=joined)

    # torchmetrics types `compute` as an attribute, so any override clashes
    def compute(self) -> Tensor:  # type: ignore[override]
        """The mean, a scalar."""
        counts = torch.bincount(dim_zero_cat(self.target), minlength=self.num_classes)
        defined = (counts > 0) & (counts < counts.sum())
        return super().compute()[defined].mean()


class Matthews(MulticlassMatthewsCorrCoef):
    """Matthews correlation for many classes (Gorodkin 2004), as scikit-learn defines it.

    Where all rows are predicted as one class it is 0; torchmetrics gives up to 1 there for two
    classes, which makes a model that has learned nothing look good.
    """

    def compute(self) -> Tensor:
        """The correlation, a scalar."""
        counts = self.confmat.double()
        true, found, rows = counts.sum(1), counts.sum(0), counts.sum()
        covariance = counts.trace() * rows - true @ found
        scale = ((rows**2 - true @ true) * (rows**2 - found @ found)).sqrt()
        return torch.where(scale > 0, covariance / scale, 0.0).float()


def build_confusion(classes: int, *, joined: bool = True) -> MulticlassConfusionMatrix:
    """Counts ``(C, C)``: row = true class, column = predicted class."""
    return MulticlassConfusionMatrix(classes, validate_args=False, sync_on_compute=joined)


def f1_per_class(confusion: Tensor) -> Tensor:
    """F1 of each class, ``(C,)``, from counts ``(C, C)``; 0 where a class never occurs."""
    hits = confusion.diag().double()
    return 2 * hits / (confusion.sum(0) + confusion.sum(1)).clamp(min=1)


class MulticlassMetrics(nn.Module):
    """Metrics of one class per row, from running counts."""

    def __init__(
        self,
        labels: Sequence[str],
        *,
        ordered: bool = False,
        ranked: bool = True,
        joined: bool = True,
    ) -> None:
        super().__init__()
        self.labels, classes = labels, len(labels)
        self.scalars = build_scalars(classes, ordered=ordered, ranked=ranked, joined=joined)
        self.confusion = build_confusion(classes, joined=joined)

    def names(self) -> list[str]:
        """The names of the metrics."""
        return [*map(str, self.scalars), *(f"f1_class/{label}" for label in self.labels)]

    def update(self, probabilities: Tensor, target: Tensor) -> None:
        """Count a batch: ``(B, C)`` or classes ``(B,)``, and ``(B,)``."""
        self.scalars.update(probabilities, target)
        self.confusion.update(probabilities, target)

    def compute(self) -> dict[str, Tensor]:
        """Each score, a scalar; F1 of each class under ``f1_class/LABEL``."""
        per_class = f1_per_class(self.confusion.compute()).float()
        named = {f"f1_class/{x}": f1 for x, f1 in zip(self.labels, per_class, strict=True)}
        return self.scalars.compute() | named

    def reset(self) -> None:
        """Forget all batches."""
        self.scalars.reset()
        self.confusion.reset()
