"""Pretrained backbones: encoders, decoders and the encoders of encoder–decoder models."""

from __future__ import annotations

import inspect
from typing import Any

from torch import nn

from weitiao.card import DataCard
from weitiao.config.bounds import shares
from weitiao.errors import ConfigError
from weitiao.models.backbones.freeze import frozen_modules, parameters_up_to
from weitiao.models.backbones.huggingface import HuggingFace, positions_of
from weitiao.models.backbones.loading import load_model
from weitiao.models.backbones.lora import Lora

ATTENTION_DROPOUTS = ("attention_probs_dropout_prob", "attention_dropout", "attn_pdrop")
"""What configurations of `transformers` call it."""


class Pretrained(HuggingFace):
    """What `transformers.AutoModel` loads, by name or folder, in float32.

    Encoders (BERT, RoBERTa, ModernBERT, …), decoders (GPT-2, Llama, Qwen, Gemma, …) and the encoder
    of encoder–decoder models (T5, mT5, BART, …). In a decoder a position sees only those before it:
    the pooling that fits is ``last``. Weights are read from safetensors only, and code of the
    model's own is not run unless asked.

    Args:
        name: name on the model hub, or folder.
        layers: keep only the first so many layers; null = all.
        freeze: leave the embeddings and the first so many layers as they are; all of them = the
            backbone only extracts features. What is frozen runs without dropout and keeps nothing
            for a backward pass.
        lora: leave all weights as they are, train low-rank adapters in every linear layer; null =
            none.
        attention_dropout: share of the attention that training drops; null = as the model's own
            configuration has it. On a CPU, 0 halves the time of sequences of 512 ids.
        gradient_checkpointing: compute the layers a second time in the backward pass instead of
            keeping what it needs: same gradients, less memory, about a third more time.
        trust_remote_code: run Python code that comes with the model.
        config: the model's own configuration; given, no file is read and weights are left to be
            loaded (that is how a checkpoint rebuilds its model).

    Raises:
        ConfigError: there is no such model, it is not one of text, lacks weights, does not fit the
            card, or has not what an option asks for.
    """

    def __init__(
        self,
        card: DataCard,
        *,
        name: str,
        layers: int | None = None,
        freeze: int = 0,
        lora: Lora | None = None,
        attention_dropout: float | None = None,
        gradient_checkpointing: bool = False,
        trust_remote_code: bool = False,
        # not dict[str, Any]: where anything may stand, the parser calls any function that is named
        config: dict | None = None,
    ) -> None:
        if config is not None:
            model = _from_config(config, trust_remote_code)
        else:
            shares(attention_dropout=attention_dropout or 0.0)
            model = _load(name, layers, attention_dropout, trust_remote_code)
        encoder = model.get_encoder() if model.config.is_encoder_decoder else model
        _check_kind(name, encoder)
        _check_fit(name, encoder, card)
        super().__init__(encoder)
        self.name, self.config = name, model.config
        self.frozen: list[nn.Module] = []
        if lora and freeze:
            raise ConfigError("has no effect with lora", field="freeze")
        if lora:
            lora.add_to(encoder)
        if freeze:
            self._freeze(name, freeze)
        if gradient_checkpointing:
            self._recompute(name)

    def _freeze(self, name: str, count: int) -> None:
        total = self.encoder.config.num_hidden_layers
        if not 0 <= count <= total:
            problem = f": {name!r} has {total} layers, can't freeze {count}"
            raise ConfigError(problem, field="freeze")
        if count == total:
            still = list(self.encoder.parameters())  # what follows the layers as well
        elif layers := _layers(self.encoder):
            still = parameters_up_to(self.encoder, layers[count - 1])
        else:
            problem = f": {name!r} shares weights between its layers"
            raise ConfigError(problem, field="freeze", hint=f"0 or all {total}")
        for parameter in still:
            parameter.requires_grad_(False)
        self.frozen = frozen_modules(self.encoder)
        self.train()

    def _recompute(self, name: str) -> None:
        if not self.encoder.supports_gradient_checkpointing:
            raise ConfigError(f": {name!r} can't do it", field="gradient_checkpointing")
        self.encoder.activation_checkpointing_enable()
        # it lets the embeddings' output ask for a gradient, so frozen layers would keep a graph
        self.encoder.disable_input_require_grads()

    def train(self, mode: bool = True) -> Pretrained:
        """As `nn.Module.train`, but what is frozen stays in evaluation mode."""
        super().train(mode)
        for module in self.frozen:
            module.eval()
        return self

    def rebuild_args(self) -> dict[str, Any]:
        """The configuration, so that a checkpoint needs no other file.

        A model with code of its own stays bound to its name: the code isn't in the checkpoint.
        """
        if not type(self.config).__module__.startswith("transformers."):
            return {}
        values = self.config.to_dict()
        return {"config": {k: v for k, v in values.items() if _is_plain(v)}}


def _from_config(values: dict[str, Any], trust_remote_code: bool) -> Any:
    """The model with random weights."""
    from huggingface_hub.errors import StrictDataclassError
    from transformers import AutoConfig, AutoModel

    values = dict(values)
    try:
        config = AutoConfig.for_model(values.pop("model_type"), **values)
    except (KeyError, ValueError, TypeError, StrictDataclassError) as error:
        raise ConfigError(
            f"is not that of a model that transformers has: {str(error).splitlines()[0]}",
            field="config",
        ) from error
    return AutoModel.from_config(config, trust_remote_code=trust_remote_code)


def _load(
    name: str, layers: int | None, attention_dropout: float | None, trust_remote_code: bool
) -> Any:
    """The model with its weights, in which a decoder beside an encoder has no layers."""
    from transformers import AutoModel

    def alter(config: Any) -> None:
        _without_decoder(config)
        if attention_dropout is not None:
            _drop_attention(name, config, attention_dropout)

    return load_model(
        AutoModel,
        name,
        layers=layers,
        may_lack=_is_taken_off,
        alter=alter,
        trust_remote_code=trust_remote_code,
    )


def _without_decoder(config: Any) -> None:
    """Let the configuration name no layer of a decoder beside an encoder."""
    from transformers.models.auto.modeling_auto import (
        MODEL_FOR_SEQ_TO_SEQ_CAUSAL_LM_MAPPING_NAMES as SEQ2SEQ,
    )

    if config.model_type in SEQ2SEQ:
        config.is_encoder_decoder = True  # an encoder saved alone says otherwise
        for decoder in ("num_decoder_layers", "decoder_layers"):
            if hasattr(config, decoder):
                setattr(config, decoder, 0)


def _drop_attention(name: str, config: Any, share: float) -> None:
    """Set the dropout of attention, whatever the configuration calls it."""
    given = [key for key in ATTENTION_DROPOUTS if hasattr(config, key)]
    if not given:
        raise ConfigError(f": {name!r} has none of its own", field="attention_dropout")
    for key in given:
        setattr(config, key, share)


def _is_taken_off(model: Any, weight: str) -> bool:
    """Whether a weight is a pooler's or that of a decoder beside an encoder."""
    parts = ("pooler.", "decoder.") if model.config.is_encoder_decoder else ("pooler.",)
    return any(part in weight for part in parts)


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
        raise ConfigError(problem, field="max_length")


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
