"""Checkpoints on the disk: written whole, with the one before kept."""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from pathlib import Path
from typing import Any

import lightning.pytorch as L
import torch
from lightning.pytorch.plugins.io import TorchCheckpointIO

from weitiao.errors import ConfigError

PREVIOUS = "previous.ckpt"
"""The name under which the checkpoint before ``last.ckpt`` is kept."""


class WholeFiles(TorchCheckpointIO):
    """Writes a checkpoint beside its path, on to the disk, and renames it.

    Lightning's own writes into the system's temporary folder; from there to another file system a
    file is copied, not renamed, so that a kill leaves half of it in place of the one before.
    """

    def save_checkpoint(
        self, checkpoint: dict[str, Any], path: str | Path, storage_options: Any = None
    ) -> None:
        """Write; the file that was there stays until the new one is whole.

        Raises:
            ConfigError: the disk is full, or the folder can't be written to; names the file.
        """
        path = Path(path)
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
                f"{path} can't be saved: {error.strerror or error}"
                "\n  → mend that and go on from the last checkpoint, which is untouched:"
                " fit --ckpt_path …/last.ckpt"
            ) from error


def save_whole_files(trainer: L.Trainer) -> None:
    """Let a Trainer save by `WholeFiles`, unless it was given a plugin of another kind."""
    if type(trainer.strategy.checkpoint_io) is TorchCheckpointIO:
        trainer.strategy.checkpoint_io = WholeFiles()


def _write(checkpoint: dict[str, Any], file: Any) -> None:
    try:
        torch.save(checkpoint, file)
    except RuntimeError as error:  # how torch tells of a write that failed
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
