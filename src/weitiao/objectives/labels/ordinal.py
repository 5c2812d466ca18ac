"""One class of a scale a row: continuation ratios, macro F1 and weighted kappa."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from torch import Tensor, nn
from torch.nn import functional as F

from weitiao.card import DataCard
from weitiao.objectives import losses, probe
from weitiao.objectives.base import Metrics, target_of
from weitiao.objectives.heads import Head
from weitiao.objectives.labels.scored import ScoredClasses
from weitiao.objectives.pooling import PoolingName
from weitiao.objectives.scorer import Encoder, Scorer
from weitiao.objectives.wide import Wide
from weitiao.targets.scale import ScaleTarget


@dataclass(frozen=True)
class ScaleLoss:
    """The negative log-likelihood of a row's class, of continuation ratios.

    Args:
        class_weights: ``balanced`` weighs rows of class ``c`` by ``N / (C · N_c)``, as scikit-learn
            does.
    """

    class_weights: losses.Balance = "none"

    def build(self, target: ScaleTarget) -> nn.Module:
        """The loss of logits ``(B, C - 1)`` and classes ``(B,)``, its mean a scalar."""
        weight = losses.class_weights(target.counts, self.class_weights)
        return losses.MulticlassLoss(losses.continuation_ratios, weight)


class Ordinal(ScoredClasses):
    """Learns one class of an ordered scale a row.

    A scale of ``C`` classes has ``C - 1`` logits; the ``k``-th is that of going beyond class ``k``,
    given that it was reached (continuation ratios; as the loss of rank-consistent networks: CORN,
    Shi et al. 2021). So the probabilities can't contradict each other.

    Args:
        pooling: vectors of all positions ``(B, T, H)`` → one a row ``(B, H)``.
        head: ``(B, H)`` → logits ``(B, C - 1)``.
        loss: what training minimises.
        wide: a linear scorer of n-grams beside the deep path; null = none.
        linear_share: of a solved linear model, how much it counts until validation has said so,
            and where validation has few rows.
        calibrate: fit a temperature on validation, of the best checkpoint. Where there is a solved
            linear model, its weight beside the network's is fitted likewise, always.
    """

    shown = (
        ("f1_macro", "macro F1"),
        ("accuracy", "accuracy"),
        ("qwk", "weighted kappa"),
        ("mae", "mean distance, classes"),
        ("precision_macro", "macro precision"),
        ("recall_macro", "macro recall"),
        ("ece", "calibration error"),
    )
    lower_is_better = ("loss", "mae", "ece")
    need_difference = ("auroc", "qwk")

    def __init__(
        self,
        card: DataCard,
        backbone: Encoder,
        pooling: PoolingName = "mean",
        head: Head = Head(),
        loss: ScaleLoss = ScaleLoss(),
        wide: Wide | None = None,
        linear_share: float = 0.5,
        calibrate: bool = False,
    ) -> None:
        target = target_of(card, ScaleTarget, self)
        steps = len(target.labels) - 1
        parts = pooling, head, wide, linear_share, calibrate
        super().__init__(target, Scorer(card, backbone.width, steps, *parts), loss.build(target))
        self.steps = steps

    def postprocess(self, logits: Tensor) -> Tensor:
        """Of the classes, ``(B, C)``, from logits of the steps between them ``(B, C - 1)``."""
        beyond = F.logsigmoid(logits).cumsum(-1).exp()  # P(y > k), falling in k
        return F.pad(beyond, (1, 0), value=1.0) - F.pad(beyond, (0, 1))

    def row_losses(self, logits: Tensor, target: Tensor) -> Tensor:
        """The negative log-likelihood of each row, ``(B,)``."""
        return losses.continuation_ratios(logits, target)

    def metrics(self, *, ranked: bool = True, joined: bool = True) -> Metrics:
        """Those of classes and of their order."""
        from weitiao.objectives.labels.multiclass_metrics import MulticlassMetrics

        return MulticlassMetrics(self.classes, ordered=True, ranked=ranked, joined=joined)

    def probe(self) -> probe.ProbeTask:
        """A logistic regression of each step, of the rows that reached it."""

        def asked(targets: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
            for step in range(self.steps):
                reached = targets >= step
                yield reached, targets[reached] > step

        return probe.ProbeTask(
            "a logistic regression per step",
            probe.points_of(self.counts, balance=False),
            lambda rows, c, _: probe.questions(rows, asked(rows.targets), c),
            self.steps,
            self.rank,
            probe.enough_for_folds(self.counts),
        )
