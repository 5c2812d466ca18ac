"""Which models a class of `transformers` computes as it is, without our code.

A head of BERT's kind reads the first position through a hidden layer with an activation. A linear
head has no such layer: where that is ``tanh``, an identity made small keeps it linear,
``tanh(εx) / ε = x`` to 1e-7.
"""

from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from weitiao.models.module import Module
from weitiao.objectives.labels.classification import Classification
from weitiao.objectives.labels.multilabel import MultiLabel
from weitiao.objectives.pooling import FirstPosition

SMALL = 1e-4
"""ε: a float has the same relative error at any size, and the cube is far below it."""


class Kind(NamedTuple):
    """Where a class for sequence classification has its head.

    Args:
        hidden: name of the layer before the last one.
        activation: between both, as a head of ours names it.
        last: name of the last one.
    """

    hidden: str
    activation: str
    last: str


KINDS = {
    "bert": Kind("bert.pooler.dense", "tanh", "classifier"),
    "roberta": Kind("classifier.dense", "tanh", "classifier.out_proj"),
    "xlm-roberta": Kind("classifier.dense", "tanh", "classifier.out_proj"),
    "electra": Kind("classifier.dense", "gelu", "classifier.out_proj"),
    "distilbert": Kind("pre_classifier", "relu", "classifier"),
}


class Stock(NamedTuple):
    """A model as a class of `transformers` has it.

    Args:
        kind: type of the model.
        theirs: names of weights of ours → what they are called there.
        more: weights of the head, by their names there.
    """

    kind: str
    theirs: dict[str, str]
    more: dict[str, Tensor]


def stock_of(module: Module) -> Stock | None:
    """The model as such a class has it; null = there is none that computes the same."""
    scorer, config = module.objective.scorer, getattr(module.backbone, "config", None)
    kind = getattr(config, "model_type", "")
    if kind not in KINDS or not isinstance(module.objective, Classification | MultiLabel):
        return None
    if scorer is None or scorer.wide or scorer.linear or type(scorer.pool) is not FirstPosition:
        return None
    hidden, activation, last = KINDS[kind]
    layers: list[Any] = [part for part in scorer.head if not isinstance(part, nn.Dropout)]
    first, *between = layers[:-1] or [_small_identity(module.backbone.width)]
    names = [type(part).__name__.lower() for part in between] or ["tanh"]
    if names != [activation]:
        return None
    scale = float(scorer.blend.weight) if scorer.blend else 1.0  # by which a temperature divides
    more = {f"{hidden}.{name}": value for name, value in first.state_dict().items()}
    more[f"{last}.weight"] = layers[-1].weight * scale / (1.0 if layers[:-1] else SMALL)
    more[f"{last}.bias"] = layers[-1].bias * scale
    base = _base(kind)
    theirs = {
        name: f"{base}.{name.removeprefix('backbone.encoder.')}"
        for name in module.state_dict()
        if name.startswith("backbone.encoder.")
    }
    return Stock(kind, theirs, {name: value.detach().contiguous() for name, value in more.items()})


def _small_identity(width: int) -> Any:
    layer = nn.Linear(width, width)
    with torch.no_grad():
        layer.weight.copy_(SMALL * torch.eye(width))
        layer.bias.zero_()
    return layer


def _base(kind: str) -> str:
    """What such a class calls the model below its head."""
    import transformers
    from transformers.models.auto.modeling_auto import (
        MODEL_FOR_SEQUENCE_CLASSIFICATION_MAPPING_NAMES as CLASSES,
    )

    return str(getattr(transformers, CLASSES[kind]).base_model_prefix)
