"""How many ids are trained on in a second."""

import time
from typing import Any

import lightning.pytorch as L
import torch
from lightning.pytorch.callbacks import Callback

from weitiao.config.private_interfaces import logs_after_this_batch
from weitiao.data.batch import positions_of


class Throughput(Callback):
    """Logs ``speed/tokens_per_s`` and ``speed/padded_share`` over each logging interval.

    Where rows aren't ids, each counts as one.

    Of several processes, the first one's.
    """

    def __init__(self) -> None:
        self._reset()

    def _reset(self) -> None:
        self.tokens, self.cells, self.since = torch.zeros(()), 0, time.perf_counter()

    def on_train_epoch_start(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        """Leave validation between epochs out of the clock."""
        self._reset()

    def on_train_batch_end(
        self, trainer: L.Trainer, pl_module: L.LightningModule, _: Any, batch: Any, *rest: Any
    ) -> None:
        """Count ids; log and start again at each logging step."""
        mask = positions_of(batch)
        self.tokens = self.tokens.to(mask.device) + mask.sum()  # no wait for the device
        self.cells += mask.numel()
        if logs_after_this_batch(trainer):
            tokens = float(self.tokens)
            seconds = time.perf_counter() - self.since
            pl_module.log("speed/tokens_per_s", tokens / seconds)
            pl_module.log("speed/padded_share", 1 - tokens / self.cells)
            self._reset()
