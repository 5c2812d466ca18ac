"""A number a row: its error in standard deviations, R²."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from torch import Tensor, nn

from weitiao.card import DataCard
from weitiao.errors import ConfigError
from weitiao.objectives import baselines, losses, probe
from weitiao.objectives.base import Metrics, target_of
from weitiao.objectives.figures import Figure, scatter_figure
from weitiao.objectives.heads import Head
from weitiao.objectives.labels.scored import Scored
from weitiao.objectives.pooling import PoolingName
from weitiao.objectives.scorer import Encoder, Scorer
from weitiao.objectives.wide import Wide
from weitiao.targets.number import NumberTarget


@dataclass(frozen=True)
class NumberLoss:
    """The loss of a row's number, in units of the targets' standard deviation.

    Args:
        kind: ``mse``, or ``huber``.
        huber_delta: error from which on the Huber loss grows linearly, in standard deviations.
    """

    kind: Literal["mse", "huber"] = "mse"
    huber_delta: float = 1.0

    def __post_init__(self) -> None:
        if self.huber_delta != 1.0 and self.kind != "huber":
            raise ConfigError("goes with kind huber only", field="huber_delta")
        if not self.huber_delta > 0:
            raise ConfigError(f"must be above 0, got {self.huber_delta}", field="huber_delta")

    def build(self, target: NumberTarget) -> nn.Module:
        """The loss of logits ``(B, 1)`` and numbers ``(B,)``, its mean a scalar."""
        delta = self.huber_delta if self.kind == "huber" else None
        return losses.StandardError(target.mean, target.scale, delta)


class Regression(Scored):
    """Learns a number a row.

    Args:
        pooling: vectors of all positions ``(B, T, H)`` → one a row ``(B, H)``.
        head: ``(B, H)`` → ``(B, 1)``.
        loss: what training minimises.
        wide: a linear scorer of n-grams beside the deep path; null = none.
        linear_share: of a solved linear model, how much it counts until validation has said so,
            and where validation has few rows.
        calibrate: fit a factor on validation, of the best checkpoint. Where there is a solved
            linear model, its weight beside the network's is fitted likewise, always.
    """

    first = "r2"
    shown = (
        ("r2", "R²"),
        ("spearman", "Spearman correlation"),
        ("pearson", "Pearson correlation"),
        ("mae", "mean absolute error"),
        ("mse", "mean squared error"),
    )
    lower_is_better = ("loss", "mse", "mae")
    need_difference = ("r2", "pearson", "spearman")

    def __init__(
        self,
        card: DataCard,
        backbone: Encoder,
        pooling: PoolingName = "mean",
        head: Head = Head(),
        loss: NumberLoss = NumberLoss(),
        wide: Wide | None = None,
        linear_share: float = 0.5,
        calibrate: bool = False,
    ) -> None:
        target = target_of(card, NumberTarget, self)
        parts = pooling, head, wide, linear_share, calibrate
        super().__init__(target, Scorer(card, backbone.width, 1, *parts), loss.build(target))
        self.mean, self.scale = target.mean, target.scale

    def postprocess(self, logits: Tensor) -> Tensor:
        """``(B, 1)`` → ``(B,)``, in the unit of the targets."""
        return logits.squeeze(-1) * self.scale + self.mean

    def row_losses(self, logits: Tensor, target: Tensor) -> Tensor:
        """The squared error of each row in the unit of the targets, ``(B,)``."""
        return (self.postprocess(logits) - target).square()

    def metrics(self) -> Metrics:
        """Those of numbers."""
        from weitiao.objectives.metrics import NUMBER_METRICS, EpochMetrics, regression_metrics

        return EpochMetrics(regression_metrics, NUMBER_METRICS)

    def measure(
        self, predictions: Any, decided: Any, targets: Any, *, ranked: bool = True
    ) -> dict[str, Tensor]:
        """The same of some rows."""
        from weitiao.objectives.metrics import regression_metrics

        return regression_metrics(decided, targets)

    def value(self, text: str) -> float:
        """The number."""
        return float(text)

    def figure(self, decided: Any, targets: Any) -> tuple[str, Figure]:
        """Found numbers against true ones."""
        return "values", scatter_figure(decided, targets)

    def baselines(self) -> baselines.LinearModels:
        """Ridge regression and simpler models."""
        return baselines.of_numbers()

    def probe(self) -> probe.ProbeTask:
        """Ridge regression."""
        return probe.ProbeTask(
            "ridge regression",
            probe.points_of((), balance=False),
            lambda rows, c, _: probe.ridge(rows, self.mean, self.scale, c),
            1,
            self.rank,
        )

    @property
    def loss_unit(self) -> float:
        """The targets' variance."""
        return self.scale**2
