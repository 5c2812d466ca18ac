"""Progress of a training: a bar, and a line with the scores of each validation."""

import math
import sys
import time
from datetime import timedelta
from typing import Any

import lightning.pytorch as L
from lightning.pytorch.callbacks import RichProgressBar
from lightning.pytorch.callbacks.progress.rich_progress import CustomTimeColumn
from rich.console import Console
from rich.progress import ProgressColumn

from weitiao.objectives.display import said

PAUSE, LINES = 60, 20  # seconds between lines at the least, and lines in a training at the most


class Progress(RichProgressBar):
    """Lightning's bar on standard error, with the time that the whole training still takes.

    Where standard error is no terminal there is no bar, but some twenty lines in a training, and
    no more than one a minute; the lines after each validation stay.

    Args:
        score: what is shown of a validation beside its loss.
    """

    def __init__(self, score: str = "f1_macro") -> None:
        self.shown = dict.fromkeys(("loss", "accuracy", score))
        super().__init__(console_kwargs={"stderr": True})
        self._start: tuple[float, int] | None = None
        self._told = 0.0  # when the last line was written
        if not sys.stderr.isatty():
            self.disable()

    def configure_columns(self, trainer: L.Trainer) -> list[ProgressColumn]:
        """Lightning's, without the times of the epoch: with them 80 columns don't do."""
        columns: list[ProgressColumn] = super().configure_columns(trainer)
        return [column for column in columns if not isinstance(column, CustomTimeColumn)]

    def on_train_start(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        """Start the clock."""
        super().on_train_start(trainer, pl_module)
        self._start = time.monotonic(), trainer.global_step
        self._told = time.monotonic()

    def on_train_batch_end(self, trainer: L.Trainer, *more: Any) -> None:
        """Leave a line, where there is no bar and it is time for one."""
        super().on_train_batch_end(trainer, *more)
        left = self._left(trainer)
        if not self.is_disabled or left is None or not trainer.is_global_zero:
            return
        assert self._start is not None
        now, whole = time.monotonic(), time.monotonic() - self._start[0] + left
        if now - self._told >= max(PAUSE, whole / LINES):
            self._told = now
            place = f"epoch {trainer.current_epoch}, step {trainer.global_step:,}"
            steps = f"{place} of {trainer.estimated_stepping_batches:,}"
            self._print(f"{steps}: {timedelta(seconds=round(left))} left")

    def on_validation_end(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        """Leave a line with the scores."""
        super().on_validation_end(trainer, pl_module)
        if trainer.sanity_checking or not trainer.is_global_zero:
            return
        found = trainer.callback_metrics
        scores = [
            f"{name} {said(f'val/{name}', float(found[f'val/{name}']))}"
            for name in self.shown
            if f"val/{name}" in found
        ]
        place = f"epoch {trainer.current_epoch}, step {trainer.global_step}"
        self._print(f"{place}: val {'  '.join(scores)}")

    def _print(self, line: str) -> None:
        console = self.progress.console if self.progress is not None else Console(stderr=True)
        console.print(line, highlight=False, soft_wrap=True)

    def get_metrics(
        self, trainer: L.Trainer, pl_module: L.LightningModule
    ) -> dict[str, int | str | float | dict[str, float]]:
        """What stands behind the bar: the loss and the time left, short enough for 80 columns."""
        items = super().get_metrics(trainer, pl_module)
        shown = {"loss": items["train/loss"]} if "train/loss" in items else {}
        if (left := self._left(trainer)) is not None:
            shown["left"] = str(timedelta(seconds=round(left)))
        return shown

    def _left(self, trainer: L.Trainer) -> float | None:
        """Seconds that the training still takes; null = nothing is known yet, or it has no end."""
        if self._start is None or trainer.global_step <= self._start[1]:
            return None
        since, first_step = self._start
        per_step = (time.monotonic() - since) / (trainer.global_step - first_step)
        left = per_step * (trainer.estimated_stepping_batches - trainer.global_step)
        return left if math.isfinite(left) else None
