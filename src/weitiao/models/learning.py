"""The base of our LightningModules: it weighs batches and logs the loss."""

from abc import abstractmethod
from typing import Any

import lightning.pytorch as L
import torch
from lightning.pytorch.plugins import MixedPrecision
from lightning.pytorch.plugins.precision import Precision
from lightning.pytorch.utilities import GradClipAlgorithmType
from torch import Tensor
from torch.optim import Optimizer

from weitiao import distributed
from weitiao.errors import ConfigError
from weitiao.objectives.mean import Mean


class Learner(L.LightningModule):
    """Learns from the batches of a step as from one, and logs their loss.

    ``train/loss`` is that of each batch; its mean over the epoch outlives a stop.
    """

    def __init__(self) -> None:
        super().__init__()
        self.train_loss = Mean()
        self._unit: Tensor | None = None  # mean size of the processes' first batches of a step
        self._size: Tensor  # of this process' batches of the step so far

    @abstractmethod
    def loss(self, batch: Any) -> tuple[Tensor, Tensor]:
        """The mean loss of a batch ``()``, and over how many, or weights of this sum ``()``."""

    def weighed(self, loss: Tensor, size: Tensor) -> Tensor:
        """What a batch adds to its step, so that unequal ones count as one large batch would.

        Lightning's step is a mean of means, over processes and over ``accumulate_grad_batches``,
        by which it also divides the last, short window of an epoch.

        Args:
            loss: ``()``, a mean.
            size: ``()``, over how many, or over weights of this sum; 0 = nothing is learned.
        """
        if self.trainer.accumulate_grad_batches == self.trainer.world_size == 1:
            return loss
        if self._unit is None:
            unit = self.trainer.strategy.reduce(size.clone(), reduce_op="mean")
            self._unit = unit.where(unit > 0, 1)  # nothing may be learned from any of them
            self._size = torch.zeros_like(size)
        self._size += size
        return loss * (size / self._unit)

    def on_before_optimizer_step(self, optimizer: Optimizer) -> None:
        """Divide accumulated gradients by what they are the sum over."""
        unit, self._unit = self._unit, None
        count = self.trainer.accumulate_grad_batches
        if unit is None or count == 1:
            return
        size = self.trainer.strategy.reduce(self._size, reduce_op="mean")
        share = count * unit / size.where(size > 0, 1)
        for parameter in self.parameters():
            if parameter.grad is not None:
                parameter.grad.mul_(share)

    @property
    def _scaled(self) -> bool:
        """Whether a step unscales gradients first, as in float16."""
        plugin = self.trainer.precision_plugin
        return isinstance(plugin, MixedPrecision) and plugin.scaler is not None

    @property
    def fused(self) -> bool:
        """Whether a step may be one kernel: such a one would unscale after the clipping."""
        return not (self._scaled and self.trainer.gradient_clip_val)

    def configure_gradient_clipping(
        self,
        optimizer: Optimizer,
        gradient_clip_val: float | None = None,
        gradient_clip_algorithm: str | None = None,
    ) -> None:
        """Clip as asked, in bfloat16 as well, where Lightning refuses fused steps without need."""
        plugin = self.trainer.precision_plugin
        if isinstance(plugin, MixedPrecision) and not self._scaled:
            kind = GradClipAlgorithmType(gradient_clip_algorithm or "norm")
            Precision.clip_gradients(plugin, optimizer, gradient_clip_val or 0.0, kind)
        else:
            super().configure_gradient_clipping(
                optimizer, gradient_clip_val, gradient_clip_algorithm
            )

    def log_loss(self, loss: Tensor, size: Tensor) -> None:
        """Log a batch's loss, which counts in the epoch's mean by what it is the mean of."""
        self.train_loss.update(loss.detach(), size)
        self.log("train/loss", loss, prog_bar=True, batch_size=1)
        self.log("train/loss_epoch", self.train_loss, on_step=False, on_epoch=True, batch_size=1)

    def on_train_epoch_start(self) -> None:
        """Begin the epoch's mean anew; Lightning doesn't call this on a resume in mid-epoch."""
        self.train_loss.reset()
        self._unit = None

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Keep each process' mean loss so far, so that it survives a stop in mid-epoch."""
        mean = self.train_loss
        checkpoint["train_loss"] = distributed.of_all([float(mean.mean_value), float(mean.weight)])

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Go on with the mean loss.

        Raises:
            ConfigError: there were fewer processes.
        """
        if distributed.number() >= len(checkpoint["train_loss"]):
            count = len(checkpoint["train_loss"])
            raise ConfigError(
                f"the run began with {count} processes, and goes on only with as many"
            )
        value, weight = checkpoint["train_loss"][distributed.number()]
        self.train_loss.mean_value.fill_(value)
        self.train_loss.weight.fill_(weight)
