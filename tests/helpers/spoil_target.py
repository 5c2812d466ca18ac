"""A callback that gives one process a batch whose loss is infinite."""

from __future__ import annotations

from typing import Any

import lightning.pytorch as L
from lightning.pytorch.callbacks import Callback

from weitiao import distributed


class SpoilTarget(Callback):
    """Makes the targets of the second process' ``batch`` too large to be squared."""

    def __init__(self, batch: int) -> None:
        self.batch = batch

    def on_train_batch_start(
        self, trainer: L.Trainer, pl_module: L.LightningModule, batch: Any, batch_idx: int
    ) -> None:
        if distributed.number() == 1 and batch_idx == self.batch:
            batch["target"].fill_(1e30)
