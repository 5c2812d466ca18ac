"""Metrics of a classifier, macro F1 first, as torchmetrics objects."""

from __future__ import annotations

from torch import Tensor
from torchmetrics import Metric, MetricCollection
from torchmetrics.classification import (
    MulticlassAccuracy,
    MulticlassAUROC,
    MulticlassConfusionMatrix,
    MulticlassF1Score,
    MulticlassMatthewsCorrCoef,
    MulticlassPrecision,
    MulticlassRecall,
)

AVERAGES = ("macro", "micro", "weighted")


def build_scalars(classes: int, prefix: str, *, ranked: bool = True) -> MetricCollection:
    """The metrics that are one number each, from probabilities ``(B, C)`` and targets ``(B,)``.

    Macro averages come first: micro F1 of a single-label task is only the accuracy again.

    Args:
        classes: number of classes.
        prefix: put before each name.
        ranked: with AUROC, which needs probabilities and not only predicted classes.
    """
    metrics: dict[str, Metric | MetricCollection] = {}
    for average in AVERAGES:
        for name, kind in (
            ("f1", MulticlassF1Score),
            ("precision", MulticlassPrecision),
            ("recall", MulticlassRecall),
        ):
            metrics[f"{name}_{average}"] = kind(
                classes, average=average, validate_args=False, zero_division=0
            )
    metrics["accuracy"] = MulticlassAccuracy(classes, average="micro", validate_args=False)
    if ranked:
        metrics["auroc"] = MulticlassAUROC(classes, validate_args=False)
    metrics["mcc"] = MulticlassMatthewsCorrCoef(classes, validate_args=False)
    return MetricCollection(metrics, prefix=prefix)


def build_confusion(classes: int) -> MulticlassConfusionMatrix:
    """Counts ``(C, C)``: row = true class, column = predicted class."""
    return MulticlassConfusionMatrix(classes, validate_args=False)


def f1_per_class(confusion: Tensor) -> Tensor:
    """F1 of each class, ``(C,)``, from counts ``(C, C)``; 0 where a class never occurs."""
    hits = confusion.diag().double()
    return 2 * hits / (confusion.sum(0) + confusion.sum(1)).clamp(min=1)
