"""Callbacks of every run, where Lightning alone would do otherwise."""

from typing import Any

import lightning.pytorch as L
from lightning.pytorch.callbacks import Callback

from weitiao.training import signals
from weitiao.training.csv_log import CSVLog


class OwnSignals(Callback):
    """Takes signals back from Lightning, whose handlers talk to other processes from within.

    It has just taken them when one of these hooks is the first to be called.
    """

    def on_train_start(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        """Take them back."""
        signals.rewatch()

    on_sanity_check_start = on_test_start = on_predict_start = on_train_start


class ValidateAtEnd(Callback):
    """Lets the last step of ``trainer.max_steps`` be validated, wherever in its epoch it falls.

    Lightning validates at once when it is told to stop, but not when it has reached its last step.
    """

    def on_train_batch_end(self, trainer: L.Trainer, *_: Any) -> None:
        """Tell it to stop at that step."""
        trainer.should_stop |= trainer.global_step == trainer.max_steps


class ForgetRetaken(Callback):
    """On resume, removes rows of ``metrics.csv`` that lie after the checkpoint."""

    def on_train_start(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        """Drop the rows of steps to come."""
        for logger in trainer.loggers:
            if isinstance(logger, CSVLog):
                logger.forget_after(trainer.global_step)
