"""Checkpoints on disk: written atomically, the previous one kept."""

import os
import shutil
from contextlib import suppress
from pathlib import Path
from typing import Any

import lightning.pytorch as L
import torch
from lightning.pytorch.callbacks import Checkpoint
from lightning.pytorch.plugins.io import TorchCheckpointIO

from weitiao import distributed
from weitiao.config.private_interfaces import validates_after_this_batch
from weitiao.errors import ConfigError
from weitiao.training import signals

PREVIOUS = "previous.ckpt"
"""The name under which the checkpoint before ``last.ckpt`` is kept."""
BEST = "best.ckpt"
"""The name of the checkpoint that is kept for use."""
TO_GO_ON = (
    *("optimizer_states", "lr_schedulers", "loops", "callbacks"),
    *("current_model_state", "averaging_state"),  # of Lightning's WeightAveraging
)
"""What only a resume needs of a checkpoint, two thirds of it and more; ``last.ckpt`` keeps it."""


class LastCheckpoint(Checkpoint):
    """Keeps ``last.ckpt``, from which a run continues exactly, and ends a run that is told to stop.

    It is written at the end of each epoch, after validation, every so many optimiser steps before
    that, and before the run stops; never between a batch and the validation that follows it, which
    Lightning's resume would skip, nor while gradients are being accumulated. It is first called
    ``next.ckpt``, until the rows of its last step stand in ``metrics.csv``: a resume from it logs
    none of them again. The one before is kept as ``previous.ckpt``.

    Args:
        every: optimiser steps between writings within an epoch; ``None`` = none.
    """

    def __init__(self, path: Path, every: int | None) -> None:
        self.path, self.every = path, every
        self.next, self.previous = path.with_name("next.ckpt"), path.with_name(PREVIOUS)
        self._step, self._waits, self._stopped_by = 0, False, 0
        self._before: Path | None = None

    def on_train_start(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        """Note what the run goes on from: another ``last.ckpt`` that lies there may be broken."""
        self._before = Path(trainer.ckpt_path) if trainer.ckpt_path else None
        self._step = trainer.global_step

    def on_train_batch_end(self, trainer: L.Trainer, *_: Any) -> None:
        """Save if this batch completed so many optimiser steps, or is to be the last one."""
        before, self._step = self._step, trainer.global_step
        if self._step == before or validates_after_this_batch(trainer):
            return
        self._ask()
        if self._stopped_by or (self.every and self._step % self.every == 0):
            self._save(trainer)

    def on_train_epoch_end(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        """Save after the epoch, its validation and its metrics."""
        self._ask()
        self._save(trainer)

    def on_train_batch_start(self, trainer: L.Trainer, *_: Any) -> None:
        """Take over: the rows of the batch before are logged. Stop, if the run was told to.

        Raises:
            Stopped: after all that was learned is saved.
        """
        self._take_over(trainer)
        if self._stopped_by:
            raise signals.Stopped(self._stopped_by)

    def on_train_end(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        """Take over: the rows of the last epoch are logged."""
        self._take_over(trainer)

    def teardown(self, trainer: L.Trainer, pl_module: L.LightningModule, stage: str) -> None:
        """Remove what waits in vain: a fault came before its rows were logged."""
        if self._waits and trainer.is_global_zero:
            self.next.unlink(missing_ok=True)
        self._waits = False

    def _ask(self) -> None:
        """Whether any of the processes was told to stop; then nothing may interrupt the saving."""
        self._stopped_by = distributed.highest(signals.received())
        if self._stopped_by:
            signals.take_time()

    def _save(self, trainer: L.Trainer) -> None:
        trainer.save_checkpoint(self.next)
        self._waits = True

    def _take_over(self, trainer: L.Trainer) -> None:
        """Let what waits become ``last.ckpt``, and that ``previous.ckpt``."""
        if self._waits and trainer.is_global_zero:
            if self._before:
                keep_as(self._before, self.previous)
            os.replace(self.next, self.path)
            sync_folder(self.path.parent)
            self._before = self.path
        self._waits = False


class WholeFiles(TorchCheckpointIO):
    """Writes a checkpoint beside its path, on to the disk, and renames it.

    Lightning's own writes into the system's temporary folder; from there to another file system a
    file is copied, not renamed, so that a kill leaves half of it in place of the one before.
    """

    def save_checkpoint(
        self, checkpoint: dict[str, Any], path: str | Path, storage_options: Any = None
    ) -> None:
        """Write; the file that was there stays until the new one is whole.

        Of ``best.ckpt`` what use needs: Lightning's ``save_weights_only`` doesn't call the
        callbacks that put averaged weights in place of the last.

        Raises:
            ConfigError: the disk is full, or the folder can't be written to; names the file.
        """
        path = Path(path)
        if path.name == BEST:
            checkpoint = {key: part for key, part in checkpoint.items() if key not in TO_GO_ON}
        # no name of its own for each attempt: killed ones would pile up
        part = path.with_name(f"{path.name}.part")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with part.open("wb") as file:
                _write(checkpoint, file)
                file.flush()
                os.fsync(file.fileno())
            os.replace(part, path)
            sync_folder(path.parent)
        except OSError as error:
            with suppress(OSError):
                part.unlink(missing_ok=True)
            raise ConfigError(
                f"{path} can't be saved: {error.strerror or error}",
                hint="mend that and go on from the last checkpoint, which is untouched:"
                " {--ckpt_path} …/last.ckpt",
            ) from error


def save_whole_files(trainer: L.Trainer) -> None:
    """Let a Trainer save by `WholeFiles`, unless it was given a plugin of another kind."""
    if type(trainer.strategy.checkpoint_io) is TorchCheckpointIO:
        trainer.strategy.checkpoint_io = WholeFiles()


def _write(checkpoint: dict[str, Any], file: Any) -> None:
    try:
        torch.save(checkpoint, file)
    except RuntimeError as error:  # how torch reports a failed write
        if isinstance(error.__context__, OSError):
            raise error.__context__ from None
        raise


def keep_as(source: Path, target: Path) -> None:
    """Give a file a second name, in place of what had it; where links are unknown, a copy of it.

    Args:
        source: the file; is not written to again, only replaced.
        target: the second name, in the same folder.
    """
    if target.exists() and target.samefile(source):
        return
    part = target.with_name(f"{target.name}.part")
    part.unlink(missing_ok=True)
    try:
        os.link(source, part)
    except OSError:  # FAT and some network folders
        shutil.copyfile(source, part)
    os.replace(part, target)


def sync_folder(folder: Path) -> None:
    """See to it that renamings in a folder outlast a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
