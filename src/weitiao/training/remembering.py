"""What rows bring along of the model that a training begins with: computed once, and kept."""

import hashlib
from functools import partial
from pathlib import Path

import lightning.pytorch as L
import numpy as np
import torch
from lightning.pytorch.strategies import ModelParallelStrategy
from lightning.pytorch.utilities import move_data_to_device
from rich.console import Console
from rich.progress import track
from torch import nn

from weitiao.data.datamodule import DataModule
from weitiao.errors import ConfigError
from weitiao.io.cache import hash_of, make_once
from weitiao.models.module import Module


def remember(trainer: L.Trainer, module: Module, data: DataModule, console: Console) -> None:
    """Let each prepared row bring along what `Objective.remembered` says of it.

    It lies beside the prepared data, under a name that tells them, the weights and the precision,
    so that other runs, a search's trials and a run that goes on find it; of several processes one
    computes it.

    Args:
        trainer: has not started; says device and precision.
        module: as the training begins.
        data: gives the rows.

    Raises:
        ConfigError: the processes share the weights out.
    """
    if isinstance(trainer.strategy, ModelParallelStrategy):
        name = type(module.objective).__name__
        problem = f": {name} asks the whole model of before, and this strategy shares it out"
        hint = "{--config} configs/trainer/ddp.yaml"
        raise ConfigError(problem, field="trainer.strategy", hint=hint)
    prepared = data.prepared
    key = hash_of(_hash_of(module.backbone), str(trainer.precision))
    folder = prepared.folder.with_name(f"{prepared.folder.name}-{key}")
    make_once(folder, partial(_compute, trainer, module, data, console))
    data.beside = folder


def _compute(
    trainer: L.Trainer, module: Module, data: DataModule, console: Console, folder: Path
) -> None:
    """Write the arrays of all splits into a folder."""
    device, precision = trainer.strategy.root_device, trainer.precision_plugin
    precision.convert_module(module.to(device)).eval()
    for split, count in data.card.rows.items():
        found: dict[str, np.ndarray] = {}
        loader = data.plain_loader(split)
        title = f"what the model says before it is trained: {split}"
        shown = track(loader, title, len(loader), console=console, transient=True)
        with torch.no_grad(), precision.forward_context():
            for batch in shown:
                sent = move_data_to_device(batch, device)
                for name, values in module.objective.remembered(module.backbone, sent).items():
                    each = values.float().cpu().numpy()
                    found.setdefault(name, np.zeros((count, *each.shape[1:]), np.float32))
                    found[name][batch["row"].numpy()] = each
        for name, array in found.items():
            np.save(folder / f"{split}.{name}.npy", array)
    module.train()


def _hash_of(module: nn.Module) -> str:
    """One of all weights; adapters that add nothing yet, whatever their seed, don't count."""
    digest, state = hashlib.sha256(), module.state_dict()
    idle = not any(values.any() for name, values in state.items() if ".lora_B." in name)
    for name, values in state.items():
        if idle and ".lora_" in name:
            continue
        digest.update(name.replace(".base_layer.", ".").encode())
        digest.update(values.detach().cpu().contiguous().flatten().view(torch.uint8).numpy().data)
    return digest.hexdigest()
