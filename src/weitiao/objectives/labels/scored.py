"""Objectives of a row of logits: what is alike in all of them."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor, nn

from weitiao.card import TargetCard
from weitiao.objectives import baselines, losses, probe
from weitiao.objectives.base import Batch, Evaluation, Loss, Metrics, Objective
from weitiao.objectives.figures import Figure, confusion_figure
from weitiao.objectives.scorer import Encoder, Scorer
from weitiao.targets.one_class import ClassTarget


class Scored(Objective):
    """Learns logits of a row, by a scorer and a criterion.

    Args:
        criterion: logits and targets → what training minimises, a mean.
    """

    scorer: Scorer

    def __init__(self, target: TargetCard, scorer: Scorer, criterion: nn.Module) -> None:
        super().__init__()
        self.target, self.scorer, self.criterion = target, scorer, criterion

    @abstractmethod
    def postprocess(self, logits: Tensor) -> Tensor:
        """Predictions of logits ``(B, C)``."""

    @abstractmethod
    def row_losses(self, logits: Tensor, target: Tensor) -> Tensor:
        """By which models are compared, ``(B,)``."""

    def row_weights(self, targets: Tensor) -> Tensor | None:
        """Weights of rows, ``(B,)``, that make classes equal where parts are blended; null = all
        alike."""
        return None

    @property
    def loss_unit(self) -> float:
        """What makes ``row_losses`` nats or variances."""
        return 1.0

    def loss(self, backbone: Encoder, batch: Batch) -> Loss:
        """The criterion of logits and targets."""
        target = batch["target"]
        value = self.scorer.loss(backbone, batch["inputs"], self.criterion, target)
        return Loss(value, losses.size_of(self.criterion, target))

    def evaluate(self, backbone: Encoder, batch: Batch) -> Evaluation:
        """What logits say, `row_losses`, the batch's targets."""
        logits, target = self.scorer(backbone, batch["inputs"]), batch["target"]
        return Evaluation(self.postprocess(logits), self.row_losses(logits, target), target)

    def predict(self, backbone: Encoder, batch: Batch) -> Tensor:
        """What logits say."""
        return self.postprocess(self.scorer(backbone, batch["inputs"]))

    def rank(self, logits: np.ndarray, targets: np.ndarray) -> tuple[float, float]:
        """The first metric of logits ``(N, C)``, and what decides between equal ones."""
        out, true = torch.tensor(logits), torch.tensor(targets)
        found = self.postprocess(out)
        score = self.measure(found, self.decide(found), true, ranked=False)[self.first]
        return probe.rank_of(score, self.row_losses(out, true))

    @property
    def fits_on_validation(self) -> bool:
        """Whether weights of parts, or a temperature, are fitted."""
        return self.scorer.blend is not None

    def fit_blend(self, parts: Tensor, targets: Tensor) -> int:
        """Fit them."""
        assert self.scorer.blend is not None
        weights = self.row_weights(targets)
        return self.scorer.blend.fit(parts, targets, self.row_losses, weights, self.loss_unit)


class ScoredClasses(Scored):
    """Learns one class a row, of which the most probable one is said."""

    first = "f1_macro"
    lower_is_better: ClassVar[tuple[str, ...]] = ("loss", "ece")

    def __init__(self, target: ClassTarget, scorer: Scorer, criterion: nn.Module) -> None:
        super().__init__(target, scorer, criterion)
        self.classes, self.counts = target.labels, target.counts

    def metrics(self, *, ranked: bool = True, joined: bool = True) -> Metrics:
        """Those of classes, from running counts."""
        from weitiao.objectives.labels.multiclass_metrics import MulticlassMetrics

        return MulticlassMetrics(self.classes, ranked=ranked, joined=joined)

    def measure(
        self, predictions: Any, decided: Any, targets: Any, *, ranked: bool = True
    ) -> dict[str, Tensor]:
        """The same of some rows."""
        metrics = self.metrics(ranked=ranked, joined=False)
        metrics.update(predictions if ranked else decided, targets)
        return metrics.compute()

    def decide(self, predictions: Any) -> Any:
        """The most probable class, ``(N,)``."""
        return predictions.argmax(-1)

    def figure(self, decided: Any, targets: Any) -> tuple[str, Figure]:
        """The confusion of classes."""
        return "confusion", confusion_figure(decided, targets, self.classes)

    def baselines(self) -> baselines.LinearModels:
        """A linear support vector machine and simpler ones, which know of no order or tree."""
        return baselines.of_classes(len(self.classes))
