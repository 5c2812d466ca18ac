"""What every LightningModule of ours logs while it learns."""

from __future__ import annotations

from typing import Any

import lightning.pytorch as L
from torch import Tensor

from weitiao import ranks
from weitiao.errors import ConfigError
from weitiao.models.precision import Mean


class Learner(L.LightningModule):
    """Logs ``train/loss`` of each batch, and its mean over the epoch, which outlives a stop."""

    def __init__(self) -> None:
        super().__init__()
        self.train_loss = Mean()

    def log_loss(self, loss: Tensor, size: int) -> None:
        """Log a batch's loss.

        Args:
            loss: ``()``, a mean.
            size: over how many.
        """
        # each of them, since torchmetrics takes no notice of a weight where NaN isn't looked for
        self.train_loss.update(loss.detach().expand(size))
        self.log("train/loss", loss, prog_bar=True, batch_size=size)
        self.log("train/loss_epoch", self.train_loss, on_step=False, on_epoch=True, batch_size=size)

    def on_train_epoch_start(self) -> None:
        """Begin the epoch's mean anew; Lightning doesn't call this on a resume in mid-epoch."""
        self.train_loss.reset()

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Keep each process' mean loss so far, so that it survives a stop in mid-epoch."""
        mean = self.train_loss
        checkpoint["train_loss"] = ranks.of_all([float(mean.mean_value), float(mean.weight)])

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Go on with the mean loss.

        Raises:
            ConfigError: there were fewer processes.
        """
        if ranks.number() >= len(checkpoint["train_loss"]):
            count = len(checkpoint["train_loss"])
            raise ConfigError(
                f"the run began with {count} processes, and goes on only with as many"
            )
        value, weight = checkpoint["train_loss"][ranks.number()]
        self.train_loss.mean_value.fill_(value)
        self.train_loss.weight.fill_(weight)
