"""What a person sees of training: a bar, and a line with the scores of each validation."""

import sys
import time
from datetime import timedelta

import lightning.pytorch as L
from lightning.pytorch.callbacks import RichProgressBar
from lightning.pytorch.callbacks.progress.rich_progress import CustomTimeColumn
from rich.console import Console
from rich.progress import ProgressColumn

from weitiao.objectives.display import said


class Progress(RichProgressBar):
    """Lightning's bar on standard error, with the time that the whole training still takes.

    Where standard error is no terminal there is no bar; the lines after each validation stay.

    Args:
        score: what is shown of a validation beside its loss.
    """

    def __init__(self, score: str = "f1_macro") -> None:
        self.shown = dict.fromkeys(("loss", "accuracy", score))
        super().__init__(console_kwargs={"stderr": True})
        self._start: tuple[float, int] | None = None
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
        console = self.progress.console if self.progress is not None else Console(stderr=True)
        console.print(f"{place}: val {'  '.join(scores)}", highlight=False, soft_wrap=True)

    def get_metrics(
        self, trainer: L.Trainer, pl_module: L.LightningModule
    ) -> dict[str, int | str | float | dict[str, float]]:
        """What stands behind the bar: the loss and the time left, short enough for 80 columns."""
        items = super().get_metrics(trainer, pl_module)
        shown = {"loss": items["train/loss"]} if "train/loss" in items else {}
        if self._start is not None and trainer.global_step > self._start[1]:
            since, first_step = self._start
            per_step = (time.monotonic() - since) / (trainer.global_step - first_step)
            left = per_step * (trainer.estimated_stepping_batches - trainer.global_step)
            shown["left"] = str(timedelta(seconds=round(left)))
        return shown
