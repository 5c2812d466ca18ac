"""One class a row: softmax over classes, macro F1."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import ClassVar, Literal

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from weitiao.card import DataCard
from weitiao.config.bounds import shares
from weitiao.errors import ConfigError
from weitiao.objectives import losses, probe
from weitiao.objectives.base import target_of
from weitiao.objectives.heads import Head
from weitiao.objectives.labels.scored import ScoredClasses
from weitiao.objectives.pooling import PoolingName
from weitiao.objectives.scorer import Encoder, Scorer
from weitiao.objectives.wide import Wide
from weitiao.targets.one_class import ClassTarget


@dataclass(frozen=True)
class ClassLoss:
    """The loss of a row's class.

    Args:
        kind: ``cross_entropy``; ``squared_hinge``, one against the rest with margin 1, the loss of
            a linear SVM, whose scores rank well but are no calibrated probabilities; or ``focal``
            (Lin et al. 2017).
        label_smoothing: of cross-entropy: share of the target spread over all classes (Szegedy et
            al. 2016).
        focus: exponent of the focal loss; 0 is cross-entropy.
        class_weights: ``balanced`` weighs rows of class ``c`` by ``N / (C · N_c)``, as scikit-learn
            does.
    """

    kind: Literal["cross_entropy", "squared_hinge", "focal"] = "cross_entropy"
    label_smoothing: float = 0.0
    focus: float = losses.USUAL_FOCUS
    class_weights: losses.Balance = "none"

    def __post_init__(self) -> None:
        shares(label_smoothing=self.label_smoothing)
        if self.label_smoothing and self.kind != "cross_entropy":
            raise ConfigError("goes with cross_entropy only", field="label_smoothing")
        losses.refuse_idle_focus(self.kind, self.focus)

    def build(self, target: ClassTarget) -> nn.Module:
        """The loss of logits ``(B, C)`` and classes ``(B,)``, its mean a scalar."""
        weight = losses.class_weights(target.counts, self.class_weights)
        if self.kind == "cross_entropy":
            return losses.CrossEntropy(weight=weight, label_smoothing=self.label_smoothing)
        rows: Callable[[Tensor, Tensor], Tensor] = (
            losses.one_against_rest
            if self.kind == "squared_hinge"
            else partial(losses.focal, focus=self.focus)
        )
        return losses.MulticlassLoss(rows, weight)


class Classification(ScoredClasses):
    """Learns one class a row.

    Args:
        pooling: vectors of all positions ``(B, T, H)`` → one a row ``(B, H)``.
        head: ``(B, H)`` → logits ``(B, C)``.
        loss: what training minimises.
        wide: a linear scorer of n-grams beside the deep path; null = none.
        linear_share: of a solved linear model, how much it counts until validation has said so,
            and where validation has few rows.
        calibrate: fit a temperature on validation, of the best checkpoint. Where there is a solved
            linear model, its weight beside the network's is fitted likewise, always.
    """

    kind: ClassVar[type[ClassTarget]] = ClassTarget
    """What it learns."""
    shown = (
        ("f1_macro", "macro F1"),
        ("accuracy", "accuracy"),
        ("precision_macro", "macro precision"),
        ("recall_macro", "macro recall"),
        ("ece", "calibration error"),
    )
    need_difference = ("auroc",)

    def __init__(
        self,
        card: DataCard,
        backbone: Encoder,
        pooling: PoolingName = "mean",
        head: Head = Head(),
        loss: ClassLoss = ClassLoss(),
        wide: Wide | None = None,
        linear_share: float = 0.5,
        calibrate: bool = False,
    ) -> None:
        target = target_of(card, self.kind, self)
        parts = pooling, head, wide, linear_share, calibrate
        scorer = Scorer(card, backbone.width, len(target.labels), *parts)
        super().__init__(target, scorer, loss.build(target))

    def postprocess(self, logits: Tensor) -> Tensor:
        """Probabilities of logits, ``(B, C)`` both."""
        return logits.softmax(-1)

    def row_losses(self, logits: Tensor, target: Tensor) -> Tensor:
        """The negative log-likelihood of each row, ``(B,)``."""
        return F.cross_entropy(logits, target, reduction="none")

    def probe(self) -> probe.ProbeTask:
        """A logistic regression."""
        solve = partial(probe.of_classes, classes=len(self.classes))
        return probe.ProbeTask(
            "logistic regression",
            probe.points_of(self.counts, balance=True),
            solve,
            len(self.classes),
            self.rank,
            probe.enough_for_folds(self.counts),
        )

    def row_weights(self, targets: Tensor) -> Tensor:
        """``N / (C · N_c)`` of rows of class ``c``."""
        counts = torch.tensor(self.counts, dtype=torch.double).clamp(min=1)
        return (counts.sum() / (len(counts) * counts))[targets]
