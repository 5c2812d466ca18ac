"""Pretrained backbones: encoders, decoders and the encoders of encoder–decoder models."""

from __future__ import annotations

from typing import Any

from weitiao.card import DataCard
from weitiao.config.bounds import shares
from weitiao.models.backbones.loading import load_model
from weitiao.models.backbones.lora import Lora
from weitiao.models.backbones.tuned import Tuned, drop_attention, from_config


class Pretrained(Tuned):
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
        from transformers import AutoModel

        if config is not None:
            model = from_config(AutoModel, config, trust_remote_code)
        else:
            shares(attention_dropout=attention_dropout or 0.0)
            model = _load(name, layers, attention_dropout, trust_remote_code)
        encoder = model.get_encoder() if model.config.is_encoder_decoder else model
        super().__init__(card, name, encoder, model.config)
        self.tune(freeze, lora, gradient_checkpointing=gradient_checkpointing)


def _load(
    name: str, layers: int | None, attention_dropout: float | None, trust_remote_code: bool
) -> Any:
    """The model with its weights, in which a decoder beside an encoder has no layers."""
    from transformers import AutoModel

    def alter(config: Any) -> None:
        _without_decoder(config)
        drop_attention(name, config, attention_dropout)

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


def _is_taken_off(model: Any, weight: str) -> bool:
    """Whether a weight is a pooler's or that of a decoder beside an encoder."""
    parts = ("pooler.", "decoder.") if model.config.is_encoder_decoder else ("pooler.",)
    return any(part in weight for part in parts)
