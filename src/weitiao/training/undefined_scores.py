"""Says which scores are undefined on the rows at hand, and what that means for the best epoch."""

import sys
from typing import Any

import lightning.pytorch as L
import pyarrow.compute as pc
from lightning.pytorch.callbacks import Callback

from weitiao.config.field_paths import with_options
from weitiao.data.datamodule import DataModule
from weitiao.errors import ConfigError
from weitiao.objectives.base import Objective
from weitiao.training.best_scores import BestScores


def undefined(monitor: str, objective: Objective, data: DataModule) -> bool:
    """Whether no model can have this score: it needs targets that differ, and val has one only."""
    needs = monitor.partition("/")[2] in objective.need_difference
    return (
        needs
        and data.prepared.has("val")
        and len(pc.unique(data.prepared.rows("val")["label"])) < 2
    )


def refuse_undefined(monitor: str, objective: Objective, data: DataModule) -> None:
    """Stop before the best checkpoint is chosen by a score that is undefined in each epoch.

    Raises:
        ConfigError: it is.
    """
    if undefined(monitor, objective, data):
        rows = data.prepared.rows("val")
        raise ConfigError(
            f": {monitor} is undefined on val, where all targets are equal"
            f" ({len(rows):,} rows of {rows['label'][0].as_py()!r})",
            field="run.monitor",
            hint="{--run.monitor} val/loss, or a larger val: {--val} FILE, or {--split.val}",
        )


class ReportDoubts(Callback):
    """Says once what the scores of validation let one fear."""

    def __init__(self) -> None:
        self._reported = False

    def on_validation_end(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        """Ask the objective."""
        if trainer.sanity_checking or self._reported or not trainer.is_global_zero:
            return
        found = {
            name.removeprefix("val/"): float(value)
            for name, value in trainer.callback_metrics.items()
            if name.startswith("val/")
        }
        objective: Any = pl_module.objective  # Lightning knows a module's parts as modules only
        for line in objective.doubts("val", found):
            print(with_options(line), file=sys.stderr)
            self._reported = True


class ReportUndefined(Callback):
    """Says of each score once that it is undefined, where torchmetrics warns in its own words.

    Args:
        best: the scores of the best epoch, of a training.
    """

    def __init__(self, best: BestScores | None = None) -> None:
        self.best = best
        self._reported: set[str] = set()

    def on_validation_end(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        """Name the scores of val."""
        if not trainer.sanity_checking:
            self._report(trainer, "val")

    def on_test_end(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        """Name the scores of test."""
        self._report(trainer, "test")

    def on_fit_end(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        """Say where the best checkpoint was chosen by nothing."""
        if self.best is None or not trainer.is_global_zero:
            return
        score = self.best.scores.get(self.best.monitor, 0.0)
        if score != score:
            print(
                f"! {self.best.monitor} was undefined in every epoch: best.ckpt is of the first one"
                f"\n  → {with_options('{--run.monitor}')} val/loss",
                file=sys.stderr,
            )

    def _report(self, trainer: L.Trainer, split: str) -> None:
        found = trainer.callback_metrics.items()
        missing = {name for name, value in found if name.startswith(f"{split}/") and value.isnan()}
        new, self._reported = sorted(missing - self._reported), self._reported | missing
        if not new or not trainer.is_global_zero:
            return
        why = "all targets or all predictions are equal, or none counts"
        line = f"! undefined, since {why}: {', '.join(new)}"
        if self.best is not None and self.best.monitor in new:
            line += "; an epoch without run.monitor is not the best one"
        print(line, file=sys.stderr)
