"""Backbones: ids to one vector per position, ``(B, T) → (B, T, H)``."""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Literal

import torch
from torch import Tensor, nn

from weitiao.card import DataCard
from weitiao.errors import ConfigError
from weitiao.hub import only_local


class Backbone(nn.Module, ABC):
    """Anything that turns ids into one vector per position.

    A subclass takes the data card first and its own options by keyword; naming it as
    ``model.backbone`` is all it takes to use it.
    """

    width: int
    """``H``, the width of the vectors."""

    @abstractmethod
    def forward(
        self, input_ids: Tensor, attention_mask: Tensor, token_type_ids: Tensor | None = None
    ) -> Tensor:
        """Vectors of each position.

        Args:
            input_ids: ``(B, T)`` int64.
            attention_mask: ``(B, T)`` bool, false at padding.
            token_type_ids: ``(B, T)`` 0 or 1, for pairs.

        Returns:
            ``(B, T, H)``; values at padding are arbitrary.
        """

    def rebuild_args(self) -> dict[str, Any]:
        """Keyword arguments that build this backbone again without the files it came from."""
        return {}


BackboneFactory = Callable[[DataCard], Backbone]


class HuggingFace(Backbone):
    """What `Transformer` and `Pretrained` share: an encoder of `transformers`."""

    def __init__(self, encoder: Any) -> None:
        super().__init__()
        # Pooling is ours; an unused pooler would be weights that never get a gradient.
        if getattr(encoder, "pooler", None) is not None:
            encoder.pooler = None
        self.encoder = encoder.train()  # from_pretrained hands it over without dropout
        self.width = int(encoder.config.hidden_size)
        self.takes_types = getattr(encoder.config, "type_vocab_size", 0) > 1

    def forward(
        self, input_ids: Tensor, attention_mask: Tensor, token_type_ids: Tensor | None = None
    ) -> Tensor:
        """Hidden states of the last layer, ``(B, T, H)``."""
        types = {"token_type_ids": token_type_ids} if self.takes_types else {}
        out = self.encoder(input_ids=input_ids, attention_mask=attention_mask, **types)
        return out.last_hidden_state


class Transformer(HuggingFace):
    """A BERT-kind Transformer from scratch (Devlin et al. 2019).

    Args:
        card: sizes of vocabulary and texts.
        layers: number of layers.
        width: ``H``, a multiple of ``heads``.
        heads: attention heads.
        feedforward: width of the inner layer; null = 4 × width.
        dropout: share dropped in training, in attention too.
        activation: of the inner layer; ``gelu_pytorch_tanh`` is much faster on CPU than ``gelu``.
    """

    def __init__(
        self,
        card: DataCard,
        *,
        layers: int = 2,
        width: int = 128,
        heads: int = 2,
        feedforward: int | None = None,
        dropout: float = 0.1,
        activation: Literal["gelu", "gelu_pytorch_tanh", "relu"] = "gelu_pytorch_tanh",
    ) -> None:
        from transformers import BertConfig, BertModel

        if width % heads:
            raise ConfigError(f"model.backbone: width {width} is no multiple of {heads} heads")
        config = BertConfig(
            vocab_size=card.vocab_size,
            hidden_size=width,
            num_hidden_layers=layers,
            num_attention_heads=heads,
            intermediate_size=feedforward or 4 * width,
            hidden_dropout_prob=dropout,
            attention_probs_dropout_prob=dropout,
            hidden_act=activation,
            max_position_embeddings=card.max_length,
            pad_token_id=card.pad_id,
        )
        super().__init__(BertModel(config, add_pooling_layer=False))


class Pretrained(HuggingFace):
    """Any encoder that `transformers.AutoModel` loads, by name or folder, in float32.

    Weights are read from safetensors only, and code of the model's own is not run unless asked.

    Args:
        card: sizes of vocabulary and texts.
        name: name on the model hub, or folder.
        layers: keep only the first so many layers; null = all.
        trust_remote_code: run Python code that comes with the model.
        config: the model's own configuration; given, no file is read and weights are left to be
            loaded (that is how a checkpoint rebuilds its model).
    """

    def __init__(
        self,
        card: DataCard,
        *,
        name: str,
        layers: int | None = None,
        trust_remote_code: bool = False,
        config: dict[str, Any] | None = None,
    ) -> None:
        from transformers import AutoConfig, AutoModel

        if config is not None:
            values = dict(config)
            rebuilt = AutoConfig.for_model(values.pop("model_type"), **values)
            encoder = AutoModel.from_config(rebuilt, trust_remote_code=trust_remote_code)
        else:
            encoder = _load(name, layers, trust_remote_code)
        self._check_fit(name, encoder, card)
        super().__init__(encoder)

    @staticmethod
    def _check_fit(name: str, encoder: Any, card: DataCard) -> None:
        sizes = encoder.config
        if card.vocab_size > sizes.vocab_size:
            raise ConfigError(
                f"the tokenizer has {card.vocab_size} ids, the backbone {name!r} knows"
                f" {sizes.vocab_size}\n  → data.encode.tokenizer must be the backbone's own"
            )
        positions = _positions(encoder)
        if positions is not None and card.max_length > positions:
            raise ConfigError(
                f"data.encode.max_length {card.max_length} exceeds the {positions} positions of"
                f" {name!r}"
            )

    def rebuild_args(self) -> dict[str, Any]:
        """The configuration, so that a checkpoint needs no other file.

        A model with code of its own stays bound to its name: the code isn't in the checkpoint.
        """
        if not type(self.encoder.config).__module__.startswith("transformers."):
            return {}
        values = self.encoder.config.to_dict()
        return {"config": {k: v for k, v in values.items() if _is_plain(v)}}


def _load(name: str, layers: int | None, trust_remote_code: bool) -> Any:
    from transformers import AutoConfig, AutoModel

    source: dict[str, Any] = {
        "trust_remote_code": trust_remote_code,
        "local_files_only": only_local(name),
    }
    try:
        config = AutoConfig.from_pretrained(name, **source)
        if layers is not None:
            if not 1 <= layers <= config.num_hidden_layers:
                raise ConfigError(
                    f"model.backbone.layers: {name!r} has {config.num_hidden_layers} layers,"
                    f" can't keep {layers}"
                )
            config.num_hidden_layers = layers
        with _without_load_report():
            encoder, report = AutoModel.from_pretrained(
                name,
                config=config,
                dtype=torch.float32,
                use_safetensors=True,
                output_loading_info=True,
                **source,
            )
    except (OSError, ValueError) as error:
        where = "in that folder" if os.path.isdir(name) else "under that name or path"
        raise ConfigError(
            f"model.backbone.name: no loadable safetensors model {where}: {name!r}"
            f"\n  {' '.join(str(error).split())}"
        ) from error
    # The pooler is taken off anyway; anything else would start random without a word.
    missing = sorted(key for key in report["missing_keys"] if "pooler." not in key)
    if missing:
        raise ConfigError(
            f"model.backbone.name: {name!r} lacks {len(missing)} of its weights, e.g. {missing[0]}"
        )
    return encoder


@contextmanager
def _without_load_report() -> Iterator[None]:
    """Hide the table of every key that cut-off layers leave over; what matters is checked."""
    from transformers.utils import logging

    before = logging.get_verbosity()
    logging.set_verbosity_error()
    try:
        yield
    finally:
        logging.set_verbosity(before)


def _positions(encoder: Any) -> int | None:
    """Longest sequence the position embeddings take; null where there are none."""
    positions = getattr(encoder.config, "max_position_embeddings", None)
    for name, part in encoder.named_modules():
        # RoBERTa and its kin count positions from the row after that of padding.
        if name.endswith("position_embeddings") and getattr(part, "padding_idx", None) is not None:
            return part.num_embeddings - part.padding_idx - 1
    return positions


def _is_plain(value: Any) -> bool:
    if isinstance(value, dict):
        return all(_is_plain(item) for item in value.values())
    if isinstance(value, list | tuple):
        return all(_is_plain(item) for item in value)
    return value is None or isinstance(value, bool | int | float | str)
