"""What is fitted on validation once training has ended, for the weights that were chosen."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import lightning.pytorch as L
from lightning.pytorch.callbacks import WeightAveraging

from weitiao import ranks
from weitiao.data.datamodule import TextDataModule
from weitiao.models.module import TextModule
from weitiao.run.folder import load_checkpoint
from weitiao.run.outputs import EvaluationRows


def refit(
    trainer: L.Trainer, module: TextModule, data: TextDataModule, best: Path
) -> dict[str, float]:
    """Fit to the best checkpoint what a module fits on validation, and write it again.

    It is there already, unless weights are averaged: the callback that does so takes its average
    away before a validation ends, and keeps it apart from what is fitted then.

    Args:
        trainer: has fitted the module.
        module: gets the weights of the checkpoint.
        data: has a validation split.
        best: the checkpoint; its buffers are replaced.

    Returns:
        The scores of validation with what was fitted; empty if nothing was.
    """
    averaged = any(isinstance(callback, WeightAveraging) for callback in trainer.callbacks)
    if not (averaged and module.fits_on_validation):
        return {}
    with _only_evaluating(trainer):
        trainer.validate(
            module, datamodule=data, ckpt_path=str(best), verbose=False, weights_only=True
        )
    if ranks.first():
        content = load_checkpoint(best)
        weights = content["state_dict"]
        weights |= {n: x.cpu() for n, x in module.named_buffers() if n in weights}
        trainer.strategy.checkpoint_io.save_checkpoint(content, best)
    trainer.strategy.barrier()
    found = trainer.callback_metrics.items()
    return {name: float(value) for name, value in found if name.startswith("val/")}


@contextmanager
def _only_evaluating(trainer: L.Trainer) -> Iterator[None]:
    """Within the block the Trainer neither averages weights nor logs."""
    callbacks, loggers = trainer.callbacks, trainer.loggers
    trainer.callbacks = [c for c in callbacks if isinstance(c, EvaluationRows)]
    trainer.loggers = []
    try:
        yield
    finally:
        trainer.callbacks, trainer.loggers = callbacks, loggers
