"""The progress bar: this epoch, and the time left of the whole training."""

from __future__ import annotations

import time
from datetime import timedelta

import lightning.pytorch as L
from lightning.pytorch.callbacks import RichProgressBar


class Progress(RichProgressBar):
    """Lightning's bar, with the time that the whole training still takes."""

    def __init__(self) -> None:
        super().__init__()
        self._start: tuple[float, int] | None = None

    def on_train_start(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        """Start the clock."""
        super().on_train_start(trainer, pl_module)
        self._start = time.monotonic(), trainer.global_step

    def get_metrics(
        self, trainer: L.Trainer, pl_module: L.LightningModule
    ) -> dict[str, int | str | float | dict[str, float]]:
        """What stands behind the bar."""
        items = super().get_metrics(trainer, pl_module)
        items.pop("v_num", None)
        if self._start is not None and trainer.global_step > self._start[1]:
            since, first_step = self._start
            per_step = (time.monotonic() - since) / (trainer.global_step - first_step)
            left = per_step * (trainer.estimated_stepping_batches - trainer.global_step)
            items["total left"] = str(timedelta(seconds=round(left)))
        return items
