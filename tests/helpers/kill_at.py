"""A callback that sends its own process a signal, as a cluster or the kernel would."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Any

import lightning.pytorch as L
from lightning.pytorch.callbacks import Callback


class KillAt(Callback):
    """A signal, once, as soon as the run has taken so many optimiser steps, or validates.

    Args:
        step: number of optimiser steps.
        validation: number of the validation; then ``step`` doesn't count.
        number: of the signal.
        group: send it to the processes that this one started as well, as a cluster does.
    """

    def __init__(
        self,
        step: int = 0,
        validation: int | None = None,
        number: int = int(signal.SIGKILL),
        group: bool = False,
    ) -> None:
        self.step, self.validation, self.number, self.group = step, validation, number, group
        self.validations, self.sent = 0, False

    def on_train_batch_start(self, trainer: L.Trainer, *_: Any) -> None:
        if self.validation is None and trainer.global_step >= self.step:
            self._send()

    on_train_epoch_end = on_train_batch_start

    def on_validation_start(self, trainer: L.Trainer, *_: Any) -> None:
        self.validations += not trainer.sanity_checking
        if self.validation is None:
            self.on_train_batch_start(trainer)
        elif self.validations == self.validation:
            self._send()

    def _send(self) -> None:
        if not self.sent:
            self.sent = True
            own = os.getpid()
            children = Path(f"/proc/{own}/task/{own}/children").read_text()
            for process in (*(map(int, children.split()) if self.group else ()), own):
                os.kill(process, self.number)
