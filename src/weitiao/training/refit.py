"""Refits thresholds and temperature on validation for the weights of the best checkpoint."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import lightning.pytorch as L
import torch
from lightning.pytorch.callbacks import LambdaCallback, WeightAveraging
from rich.console import Console

from weitiao import distributed
from weitiao.data.datamodule import DataModule
from weitiao.io.checkpoint_file import load_checkpoint
from weitiao.models.module import Module
from weitiao.objectives.blend import Blend
from weitiao.objectives.precision import full
from weitiao.training.console import show_line
from weitiao.training.evaluation_rows import EvaluationRows


def refit(
    trainer: L.Trainer, module: Module, data: DataModule, best: Path, console: Console
) -> dict[str, float]:
    """Fit to the best checkpoint what a module fits on validation, and write it again.

    Thresholds are there already, unless weights are averaged: the callback that does so takes its
    average away before a validation ends, and keeps it apart from what is fitted then. The weights
    of a `Blend` are fitted here only.

    Args:
        trainer: has fitted the module.
        module: gets the weights of the checkpoint.
        data: has a validation split.
        best: the checkpoint; its buffers are replaced.

    Returns:
        The scores of validation with what was fitted; empty if nothing was.
    """
    averaged = any(isinstance(callback, WeightAveraging) for callback in trainer.callbacks)
    scorer = module.objective.scorer
    blend = scorer.blend if scorer is not None else None
    if not (module.objective.fits_on_validation and (averaged or blend)):
        return {}
    with _only_evaluating(trainer):
        if blend and (lost := _fit_blend(trainer, module, blend, data, best)):
            line = f"! {lost} rows of val have logits that are no numbers: weights fitted without"
            show_line(line, console)
        trainer.validate(
            module,
            datamodule=data,
            ckpt_path=None if blend else str(best),  # its weights are loaded already
            verbose=False,
            weights_only=True,
        )
    if distributed.first():
        content = load_checkpoint(best)
        weights = content["state_dict"]
        weights |= {n: x.cpu() for n, x in module.named_buffers() if n in weights}
        trainer.strategy.checkpoint_io.save_checkpoint(content, best)
    trainer.strategy.barrier()
    found = trainer.callback_metrics.items()
    return {name: float(value) for name, value in found if name.startswith("val/")}


def _fit_blend(
    trainer: L.Trainer, module: Module, blend: Blend, data: DataModule, best: Path
) -> int:
    """Load the best checkpoint, hear what its parts say of validation, fit their weights.

    Gives the number of rows that they could not be fitted to.
    """
    parts: list[torch.Tensor] = []
    targets: list[torch.Tensor] = []

    def hear(_: Any, given: tuple[list[torch.Tensor]]) -> None:
        parts.append(torch.stack([full(part).cpu() for part in given[0]]))

    note = LambdaCallback(
        on_validation_batch_start=lambda _, __, batch, *___: targets.append(batch["target"].cpu())
    )
    heard, trainer.callbacks = trainer.callbacks, [note]
    hook = blend.register_forward_pre_hook(hear)
    try:
        trainer.validate(
            module, datamodule=data, ckpt_path=str(best), verbose=False, weights_only=True
        )
    finally:
        trainer.callbacks = heard
        hook.remove()
    shares = distributed.of_all((torch.cat(parts, 1), torch.cat(targets)))
    found, target = (torch.cat([share[i] for share in shares], 1 - i) for i in (0, 1))
    return module.objective.fit_blend(found, target)


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
