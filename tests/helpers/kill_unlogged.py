"""A callback that kills its process when a batch has ended and its values are not yet logged."""

from __future__ import annotations

import os
import signal

import lightning.pytorch as L
from lightning.pytorch.callbacks import Callback


class KillUnlogged(Callback):
    """SIGKILL between a batch or an epoch, with what all callbacks do at its end, and its rows.

    Args:
        step: optimiser steps that have been taken by then.
        what: rows of this are lost, ``step`` or ``epoch``.
    """

    def __init__(self, step: int, what: str) -> None:
        self.step, self.what = step, what

    def on_train_start(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        connector, name = trainer._logger_connector, f"update_train_{self.what}_metrics"
        log = getattr(connector, name)

        def kill_or_log() -> None:
            if trainer.global_step >= self.step:
                os.kill(os.getpid(), signal.SIGKILL)
            log()

        setattr(connector, name, kill_or_log)
