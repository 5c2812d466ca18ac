"""A Trainer that evaluates: several devices, and scores by its own metrics."""

from typing import Any

import lightning.pytorch as L

from weitiao.evaluation.inference import Hardware
from weitiao.training import matmul
from weitiao.training.callbacks import OwnSignals
from weitiao.training.precision import keep_targets
from weitiao.training.progress import Progress
from weitiao.training.quiet import quiet


def evaluator(hardware: Hardware, *callbacks: L.Callback, **kwargs: Any) -> L.Trainer:
    """A Trainer that only evaluates."""
    quiet()
    if matmul.on_processor(hardware.accelerator):
        matmul.use(matmul.fastest())
    trainer = L.Trainer(
        accelerator=hardware.accelerator,
        devices=hardware.devices,
        num_nodes=hardware.num_nodes,
        precision=hardware.precision,
        enable_checkpointing=False,
        enable_model_summary=False,
        callbacks=[Progress(), OwnSignals(), *callbacks],
        **kwargs,
    )
    keep_targets(trainer)
    return trainer
