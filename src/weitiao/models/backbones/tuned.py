"""The base of pretrained backbones: where they come from, and which weights are tuned."""

from __future__ import annotations

import inspect
from abc import abstractmethod
from typing import Any

from torch import nn

from weitiao.card import DataCard
from weitiao.errors import ConfigError
from weitiao.models.backbones.freeze import frozen_modules, parameters_up_to
from weitiao.models.backbones.huggingface import HuggingFace, positions_of
from weitiao.models.backbones.lora import Lora

ATTENTION_DROPOUTS = ("attention_probs_dropout_prob", "attention_dropout", "attn_pdrop")
"""What configurations of `transformers` call it."""


class Tuned(HuggingFace):
    """A model of `transformers` that is tuned: whole, from a layer on, or by adapters.

    Args:
        name: name on the model hub, or folder.
        encoder: what gives the vectors.
        config: the model's own configuration.

    Raises:
        ConfigError: the model doesn't fit the card.
    """

    @abstractmethod  # it is none that can be named: where its model comes from, others know
    def __init__(self, card: DataCard, name: str, encoder: Any, config: Any) -> None:
        _check_kind(name, encoder)
        _check_fit(name, encoder, card)
        super().__init__(encoder)
        self.name, self.config = name, config
        self.frozen: list[nn.Module] = []

    def tune(self, freeze: int, lora: Lora | None, *, gradient_checkpointing: bool) -> None:
        """Leave as they are the first layers, or all but adapters.

        Raises:
            ConfigError: the model has not what an option asks for.
        """
        if lora and freeze:
            raise ConfigError("has no effect with lora", field="freeze")
        if lora:
            lora.add_to(self.encoder)
        if freeze:
            self._freeze(freeze)
        if gradient_checkpointing:
            self._recompute()

    def _freeze(self, count: int) -> None:
        total = self.encoder.config.num_hidden_layers
        if not 0 <= count <= total:
            problem = f": {self.name!r} has {total} layers, can't freeze {count}"
            raise ConfigError(problem, field="freeze")
        if next(self.encoder.parameters()).is_meta:
            return  # weights that are still to come are for predictions, and no graph is traced
        if count == total:
            still = list(self.encoder.parameters())  # what follows the layers as well
        elif layers := _layers(self.encoder):
            still = parameters_up_to(self.encoder, layers[count - 1])
        else:
            problem = f": {self.name!r} shares weights between its layers"
            raise ConfigError(problem, field="freeze", hint=f"0 or all {total}")
        for parameter in still:
            parameter.requires_grad_(False)
        self.frozen = frozen_modules(self.encoder)
        self.train()

    def _recompute(self) -> None:
        if not self.encoder.supports_gradient_checkpointing:
            raise ConfigError(f": {self.name!r} can't do it", field="gradient_checkpointing")
        self.encoder.activation_checkpointing_enable()
        # it lets the embeddings' output ask for a gradient, so frozen layers would keep a graph
        self.encoder.disable_input_require_grads()

    def train(self, mode: bool = True) -> Tuned:
        """As `nn.Module.train`, but what is frozen stays in evaluation mode."""
        super().train(mode)
        for module in self.frozen:
            module.eval()
        return self

    def rebuild_args(self) -> dict[str, Any]:
        """The configuration, so that a checkpoint needs no other file.

        A model with code of its own stays bound to its name: the code isn't in the checkpoint.
        """
        return plain_config(self.config)


def plain_config(config: Any) -> dict[str, Any]:
    """The argument ``config`` that builds a model again; none of a model with code of its own."""
    if not type(config).__module__.startswith("transformers."):
        return {}
    return {"config": {k: v for k, v in config.to_dict().items() if _is_plain(v)}}


def from_config(kind: Any, values: dict[str, Any], trust_remote_code: bool) -> Any:
    """The model with random weights.

    Args:
        kind: the class of `transformers` that makes it, such as ``AutoModel``.

    Raises:
        ConfigError: it is the configuration of no model.
    """
    from huggingface_hub.errors import StrictDataclassError
    from transformers import AutoConfig

    values = dict(values)
    try:
        config = AutoConfig.for_model(values.pop("model_type"), **values)
    except (KeyError, ValueError, TypeError, StrictDataclassError) as error:
        raise ConfigError(
            f"is not that of a model that transformers has: {str(error).splitlines()[0]}",
            field="config",
        ) from error
    return kind.from_config(config, trust_remote_code=trust_remote_code)


def drop_attention(name: str, config: Any, share: float | None) -> None:
    """Set the dropout of attention, whatever the configuration calls it; null = as it is.

    Raises:
        ConfigError: the model has none.
    """
    if share is None:
        return
    given = [key for key in ATTENTION_DROPOUTS if hasattr(config, key)]
    if not given:
        raise ConfigError(f": {name!r} has none of its own", field="attention_dropout")
    for key in given:
        setattr(config, key, share)


def _check_kind(name: str, encoder: Any) -> None:
    takes = inspect.signature(encoder.forward).parameters
    if not {"input_ids", "attention_mask"} <= takes.keys():
        raise ConfigError(f": {name!r} does not take ids of text and their mask", field="name")
    if not all(hasattr(encoder.config, size) for size in ("hidden_size", "vocab_size")):
        raise ConfigError(f": {name!r} is not a model of text alone", field="name")


def _check_fit(name: str, encoder: Any, card: DataCard) -> None:
    known = encoder.config.vocab_size
    if card.tokens.vocab_size > known:
        raise ConfigError(
            f"the tokenizer has {card.tokens.vocab_size} ids, the backbone {name!r} knows {known}",
            hint="{--encode.tokenizer} must be the backbone's own",
        )
    positions = positions_of(encoder).limit
    if positions is not None and card.tokens.max_length > positions:
        problem = f"{card.tokens.max_length} exceeds the {positions} positions of {name!r}"
        raise ConfigError(problem, field="max_length", hint=f"{{--max_length}} {positions}")


def _layers(encoder: Any) -> nn.ModuleList | None:
    """The layers in order; null where one serves as several (ALBERT)."""
    count = encoder.config.num_hidden_layers
    lists = (part for part in encoder.modules() if isinstance(part, nn.ModuleList))
    return next((part for part in lists if len(part) == count), None)


def _is_plain(value: Any) -> bool:
    if isinstance(value, dict):
        return all(_is_plain(item) for item in value.values())
    if isinstance(value, list | tuple):
        return all(_is_plain(item) for item in value)
    return value is None or isinstance(value, bool | int | float | str)
