"""How many weights a run has, what memory they take, and where they may be of few bits."""

from collections.abc import Iterator

import lightning.pytorch as L
from lightning.pytorch.strategies import ModelParallelStrategy
from torch import nn

from weitiao.errors import ConfigError
from weitiao.models.backbones.few_bits import few_bits_of

FIELD = "model.backbone.bits"
WITHOUT = "{--model.backbone.bits} null"
DEVICES = ("cpu", "cuda")


def weight_lines(model: nn.Module, *, on_processor: bool) -> Iterator[str]:
    """Lines for people.

    Args:
        on_processor: whether the run computes on one.
    """
    few = few_bits_of(model)
    frozen = sum(part.in_features * part.out_features for part in few)
    sizes = [(p.numel(), p.requires_grad) for p in model.parameters()]
    trained, every = sum(n for n, learns in sizes if learns), sum(n for n, _ in sizes) + frozen
    yield f"parameters: {trained:,} trained of {every:,}"
    if not few:
        return
    others, kept = (sum(each.nbytes for each in found) for found in (model.parameters(), few))
    before, after = (round((others + these) / 1e6) for these in (4 * frozen, kept))
    yield f"weights: {before:,} → {after:,} MB, {frozen:,} of them in {few[0].bits} bits"
    if on_processor:
        line = "! on a processor few bits save memory and no time: answers take longer to write"
        yield f"{line}\n  → where memory suffices: {WITHOUT}"


def refuse_few_bits(trainer: L.Trainer, model: nn.Module) -> None:
    """Refuse weights of few bits where they can't be.

    Raises:
        ConfigError: the processes share the weights out, or the device is another one.
    """
    if not few_bits_of(model):
        return
    if isinstance(trainer.strategy, ModelParallelStrategy):
        problem = ": weights of few bits can't be shared out among processes"
        raise ConfigError(problem, field=FIELD, hint="{--config} configs/trainer/ddp.yaml")
    if (device := trainer.strategy.root_device.type) not in DEVICES:
        problem = f": there are few bits on {' and '.join(DEVICES)} only, not on {device}"
        raise ConfigError(problem, field=FIELD, hint=f"{WITHOUT}, or {{--trainer.accelerator}} cpu")
