"""Any number of labels a row: a sigmoid each, thresholds that validation chooses."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from weitiao.card import DataCard
from weitiao.objectives import baselines, losses, probe
from weitiao.objectives.base import Metrics, target_of
from weitiao.objectives.heads import Head
from weitiao.objectives.labels.scored import Scored
from weitiao.objectives.labels.thresholding import Decision
from weitiao.objectives.pooling import PoolingName
from weitiao.objectives.scorer import Encoder, Scorer
from weitiao.objectives.wide import Wide
from weitiao.targets.label_set import SetTarget
from weitiao.targets.labels import split_labels

LIKELY = 3  # labels that people are shown the probabilities of


@dataclass(frozen=True)
class LabelLoss:
    """The loss of a row's labels, its mean over all labels.

    Args:
        kind: ``binary_cross_entropy``; ``squared_hinge``, with margin 1, the loss of a linear SVM,
            whose scores rank well but are no calibrated probabilities; or ``focal`` (Lin et al.
            2017).
        focus: exponent of the focal loss; 0 is cross-entropy.
        class_weights: ``balanced`` weighs labels that are given by ``(N - N_c) / N_c``.
    """

    kind: Literal["binary_cross_entropy", "squared_hinge", "focal"] = "binary_cross_entropy"
    focus: float = losses.USUAL_FOCUS
    class_weights: losses.Balance = "none"

    def __post_init__(self) -> None:
        losses.refuse_idle_focus(self.kind, self.focus)

    def build(self, target: SetTarget, rows: int) -> nn.Module:
        """The loss of logits and 0/1 targets, ``(B, C)`` both, its mean a scalar."""
        weight = None
        if self.class_weights == "balanced":
            counts = losses.counted(target.counts)
            weight = (rows - counts) / counts
        if self.kind == "squared_hinge":
            return losses.MultilabelLoss(losses.squared_hinge, weight)
        # a focus of 0 is binary cross-entropy
        focus = self.focus if self.kind == "focal" else 0.0
        return losses.MultilabelLoss(partial(losses.binary_focal, focus=focus), weight)


class MultiLabel(Scored):
    """Learns any number of labels a row.

    Args:
        pooling: vectors of all positions ``(B, T, H)`` → one a row ``(B, H)``.
        head: ``(B, H)`` → logits ``(B, C)``.
        loss: what training minimises.
        wide: a linear scorer of n-grams beside the deep path; null = none.
        linear_share: of a solved linear model, how much it counts until validation has said so,
            and where validation has few rows.
        calibrate: fit a temperature on validation, of the best checkpoint. Where there is a solved
            linear model, its weight beside the network's is fitted likewise, always.
        decision: which labels a row is given.
    """

    first = "f1_macro"
    shown = (
        ("f1_macro", "macro F1"),
        ("f1_micro", "micro F1"),
        ("f1_samples", "F1 per row, mean"),
        ("exact_match", "exact match"),
        ("hamming", "Hamming loss"),
        ("precision_macro", "macro precision"),
        ("recall_macro", "macro recall"),
    )
    lower_is_better = ("loss", "hamming")
    need_difference = ("auroc", "average_precision")

    def __init__(
        self,
        card: DataCard,
        backbone: Encoder,
        pooling: PoolingName = "mean",
        head: Head = Head(),
        loss: LabelLoss = LabelLoss(),
        wide: Wide | None = None,
        linear_share: float = 0.5,
        calibrate: bool = False,
        decision: Decision = Decision(),
    ) -> None:
        target = target_of(card, SetTarget, self)
        parts = pooling, head, wide, linear_share, calibrate
        scorer = Scorer(card, backbone.width, len(target.labels), *parts)
        super().__init__(target, scorer, loss.build(target, card.rows["train"]))
        self.classes, self.counts = target.labels, target.counts
        self.thresholds = decision.build(len(self.classes))

    def postprocess(self, logits: Tensor) -> Tensor:
        """Probabilities of logits, ``(B, C)`` both."""
        return logits.sigmoid()

    def row_losses(self, logits: Tensor, target: Tensor) -> Tensor:
        """The negative log-likelihood of each row, its mean over labels, ``(B,)``."""
        true = target.to(logits.dtype)
        return F.binary_cross_entropy_with_logits(logits, true, reduction="none").mean(1)

    def metrics(self) -> Metrics:
        """Those of sets of labels."""
        from weitiao.objectives.metrics import LABEL_METRICS, EpochMetrics

        names = (*LABEL_METRICS, *(f"f1_class/{label}" for label in self.classes))
        return EpochMetrics(lambda said, true: self.measure(said, self.decide(said), true), names)

    def measure(
        self, predictions: Any, decided: Any, targets: Any, *, ranked: bool = True
    ) -> dict[str, Tensor]:
        """The same of some rows."""
        from weitiao.objectives.metrics import multilabel_metrics

        return multilabel_metrics(predictions, decided, targets, self.classes, ranked=ranked)

    def decide(self, predictions: Any) -> Any:
        """The labels that reach their threshold, ``(N, C)`` bool."""
        return self.thresholds(predictions)

    def wrong(self, decided: Any, targets: Any) -> np.ndarray:
        """Rows with a label too many or too few."""
        return (decided != targets).any(1)

    def value(self, text: str) -> list[str]:
        """The same as a list."""
        return split_labels(text)

    def surest(self, probabilities: dict[str, float]) -> str:
        """The highest probabilities with their labels."""
        best = sorted(probabilities.items(), key=lambda item: -item[1])[:LIKELY]
        return ", ".join(f"{label} {share:.3f}" for label, share in best)

    def baselines(self) -> baselines.LinearModels:
        """A linear support vector machine of each label and simpler ones."""
        return baselines.of_labels(len(self.classes))

    def probe(self) -> probe.ProbeTask:
        """A logistic regression of each label."""

        def asked(targets: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
            for column in targets.T:
                yield np.ones(len(column), bool), column > 0

        return probe.ProbeTask(
            "a logistic regression per label",
            probe.points_of(self.counts, balance=False),
            lambda rows, c, _: probe.questions(rows, asked(rows.targets), c),
            len(self.classes),
            self.rank,
        )

    def rank(self, logits: np.ndarray, targets: np.ndarray) -> tuple[float, float]:
        """As `Scored.rank`, with thresholds of these rows."""
        out, true = torch.tensor(logits), torch.tensor(targets)
        found, decide = self.postprocess(out), Decision().build(len(self.classes))
        decide.tune(found, true)
        score = self.measure(found, decide(found), true, ranked=False)[self.first]
        return probe.rank_of(score, self.row_losses(out, true))

    @property
    def fits_on_validation(self) -> bool:
        """Whether thresholds, weights of parts, or a temperature are fitted."""
        return self.thresholds.decision.threshold != "half" or super().fits_on_validation

    def after_validation(self, metrics: Any) -> None:
        """Choose thresholds."""
        self.thresholds.tune(*metrics.everything())
