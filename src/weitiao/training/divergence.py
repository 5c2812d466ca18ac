"""Ends a run whose loss is NaN or infinite, and names the rows of that batch."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, NoReturn

import lightning.pytorch as L
import torch
from lightning.pytorch.callbacks import Callback
from torch import Tensor

from weitiao import distributed
from weitiao.errors import ConfigError

SHOWN = 10  # rows that a message names
HINT = (
    "lower {--optim.lr}, or clip: {--trainer.gradient_clip_val} 1;"
    " or see whether targets are too large for float32"
)


class EndIfDiverged(Callback):
    """Ends a run whose loss is no number any more, or infinite: what follows would be none either.

    The loss of a batch is looked at after the next batch, so that a device computes one batch while
    the process prepares another; before a validation or a checkpoint, which wait for the device
    anyway, at once. So no checkpoint of a run that has diverged takes the place of one before.
    Processes see each other's losses, and end together with the rows of whose loss it was.
    """

    def __init__(self) -> None:
        self._last: _Step | None = None

    def on_train_batch_end(
        self, trainer: L.Trainer, pl_module: L.LightningModule, outputs: Any, batch: Any, *_: Any
    ) -> None:
        """Look at the loss of the batch before."""
        before, self._last = self._last, _Step.of(outputs["loss"], batch, trainer)
        _check(before, trainer)

    def on_validation_start(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        """Look at the loss of the batch that came last."""
        _check(self._last, trainer)

    def on_validation_end(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        """Look at the validation's loss, before a checkpoint is written.

        Raises:
            ConfigError: it is not a number.
        """
        loss = trainer.callback_metrics["val/loss"]
        if not trainer.sanity_checking and not loss.isfinite():
            place = f"after epoch {trainer.current_epoch}"
            problem = f"training diverged: val/loss is {float(loss)} {place}"
            raise ConfigError(problem, hint=HINT)

    def on_save_checkpoint(
        self, trainer: L.Trainer, pl_module: L.LightningModule, checkpoint: dict[str, Any]
    ) -> None:
        """Look at the last loss and the weights: a gradient may be none where the loss is one.

        Raises:
            ConfigError: they are not numbers.
        """
        _check(self._last, trainer)
        if self._last and not all(bool(p.isfinite().all()) for p in pl_module.parameters()):
            _end(self._last.described("a weight is no number after", trainer))


@dataclass(frozen=True)
class _Step:
    """A batch, and its loss on the way from the device.

    Args:
        losses: ``(2,)``, of this process and of all, in main memory; complete when ``arrived`` is.
        arrived: null = on the CPU, where nothing is on its way.
        rows: ``(B,)`` rows of the training split.
        place: which batch it was.
    """

    losses: Tensor
    arrived: torch.Event | None
    rows: Tensor
    place: str

    @classmethod
    def of(cls, loss: Tensor, batch: dict[str, Tensor], trainer: L.Trainer) -> _Step:
        """Send the loss on its way."""
        arrived = None
        # a sum is a number only if all losses are; on the device, so that nobody waits for it
        losses = torch.stack([loss, trainer.strategy.reduce(loss.clone(), reduce_op="sum")])
        if loss.device.type != "cpu":
            losses = losses.to("cpu", non_blocking=True)
            arrived = torch.Event(batch["row"].device)
            arrived.record()
        number = trainer.fit_loop.epoch_loop.batch_progress.current.ready
        place = f"epoch {trainer.current_epoch}, batch {number}, step {trainer.global_step}"
        return cls(losses, arrived, batch["row"], place)

    def described(self, problem: str, trainer: L.Trainer) -> str:
        """A problem with this process's part of the batch, and the rows of it."""
        rows = sorted(set(self.rows.tolist()))
        more = f" and {len(rows) - SHOWN} more" if len(rows) > SHOWN else ""
        named = trainer.datamodule.names_of(rows[:SHOWN])
        return f"{problem} {self.place}\n  {named}{more}"


def _check(step: _Step | None, trainer: L.Trainer) -> None:
    if step is None:
        return
    if step.arrived is not None:
        step.arrived.synchronize()
    loss, of_all = step.losses.tolist()
    if not math.isfinite(of_all):
        mine = not math.isfinite(loss)
        _end(step.described(f"the loss is {loss} in", trainer) if mine else None)


def _end(problem: str | None) -> NoReturn:
    """End with the problems of all processes; each of them comes here."""
    text = "\n".join(one for one in distributed.of_all(problem) if one)
    raise ConfigError(f"training diverged: {text}", hint=HINT)
