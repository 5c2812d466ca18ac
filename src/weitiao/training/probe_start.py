"""Starts the head as a linear probe of the untrained model's vectors."""

import lightning.pytorch as L
import numpy as np
import torch
from lightning.pytorch.strategies import ModelParallelStrategy
from rich.console import Console
from rich.progress import track
from torch import nn

from weitiao import distributed
from weitiao.data.datamodule import DataModule
from weitiao.errors import ConfigError
from weitiao.models.module import Module
from weitiao.objectives.display import said
from weitiao.objectives.probe import Probe, ProbeTask, Vectors, probe
from weitiao.objectives.scorer import Scorer
from weitiao.targets import target_array
from weitiao.training.console import show_line


def start_from_probe(
    trainer: L.Trainer, module: Module, data: DataModule, console: Console
) -> None:
    """Solve the module's head on the vectors that its backbone gives before it is trained.

    Linear probing, then fine-tuning (Kumar et al. 2022, "Fine-Tuning can Distort Pretrained
    Features and Underperform Out-of-Distribution"): the first gradients of a random head would
    spoil the features. The standardisation that the probe needs is folded into the head's one
    layer, so none is added, and a checkpoint is like any other.

    All vectors of train and val are in memory at once, float32 ``(N, H)``, twice. Of several
    processes the first solves; the others get its weights as DDP starts.

    Args:
        trainer: has not started; says device and precision.
        module: its head is linear.
        data: gives the rows, unaugmented.

    Raises:
        ConfigError: the processes share the weights out, or a vector is not finite.
    """
    if isinstance(trainer.strategy, ModelParallelStrategy):
        raise ConfigError(
            ": probe solves the head in one process, and this strategy never sends whole weights"
            " to the others",
            field="head.start",
            hint="{--config} configs/trainer/ddp.yaml",
        )
    scorer, task = module.objective.scorer, module.objective.probe()
    if scorer is None or task is None:
        name = type(module.objective).__name__
        raise ConfigError(f": {name} solves no probe", field="head.start")
    if not distributed.first():
        return
    train = _vectors(trainer, module, scorer, data, "train", console)
    val = _vectors(trainer, module, scorer, data, "val", console)
    found = probe(train, val, task)
    layer = scorer.head[-1]
    assert isinstance(layer, nn.Linear)
    with torch.no_grad():
        layer.weight.copy_(torch.from_numpy(found.linear.weight))
        layer.bias.copy_(torch.from_numpy(found.linear.bias))
    show_line(_line(found, task, len(train.x), dict(module.objective.shown)), console)


def _vectors(
    trainer: L.Trainer,
    module: Module,
    scorer: Scorer,
    data: DataModule,
    split: str,
    console: Console,
) -> Vectors:
    """The pooled vectors of a split's rows, in the order of the rows."""
    device, precision = trainer.strategy.root_device, trainer.precision_plugin
    precision.convert_module(module.to(device)).eval()
    targets = target_array(data.prepared.ids(split)["target"])
    x = np.empty((len(targets), module.backbone.width), np.float32)
    loader = data.plain_loader(split)
    shown = track(loader, f"head: vectors of {split}", len(loader), console=console, transient=True)
    with torch.no_grad(), precision.forward_context():
        for batch in shown:
            sent = {name: values.to(device) for name, values in batch["inputs"].items()}
            pooled = scorer.pooled(module.backbone, sent)
            x[batch["row"].numpy()] = pooled.float().cpu().numpy()
    module.train()
    if bad := int((~np.isfinite(x).all(1)).sum()):
        raise ConfigError(
            f": the vectors of {bad:,} of {len(x):,} rows of {split} are not finite with precision"
            f" {trainer.precision}",
            field="head.start",
            hint="{--trainer.precision} 32-true",
        )
    return Vectors(x, targets)


def _line(found: Probe, task: ProbeTask, rows: int, titles: dict[str, str]) -> str:
    line = f"head: {task.model} on {rows:,} rows' vectors, C = {found.c:g}"
    line += ", classes balanced" if found.balanced else ""
    if found.score is None:
        return line
    metric, title = next(iter(titles.items()))
    return f"{line}: {found.chosen_by} {title} {said(f'val/{metric}', found.score)}"
