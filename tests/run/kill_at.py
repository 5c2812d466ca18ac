"""A callback that kills its own process, as a cluster or the kernel would."""

from __future__ import annotations

import os
import signal
from typing import Any

import lightning.pytorch as L
from lightning.pytorch.callbacks import Callback


class KillAt(Callback):
    """SIGKILL as soon as the run has taken so many optimiser steps."""

    def __init__(self, step: int) -> None:
        self.step = step

    def on_train_batch_start(self, trainer: L.Trainer, *_: Any) -> None:
        if trainer.global_step >= self.step:
            os.kill(os.getpid(), signal.SIGKILL)

    on_validation_start = on_train_batch_start
    on_train_epoch_end = on_train_batch_start
