"""Backbones: ids to one vector per position, ``(B, T) → (B, T, H)``."""

from __future__ import annotations

import inspect
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any, Literal, NamedTuple

from torch import Tensor, nn

from weitiao.bounds import at_least, shares
from weitiao.card import DataCard
from weitiao.errors import ConfigError


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


Activation = Literal["sigmoid", "tanh", "relu", "gelu", "gelu_pytorch_tanh"]
BackboneFactory = Callable[[DataCard], Backbone]


class HuggingFace(Backbone):
    """What `Transformer` and `Pretrained` share: a model of `transformers`.

    Positions are counted by the mask where the model takes them, so padding may stand on either
    side.
    """

    def __init__(self, encoder: Any) -> None:
        super().__init__()
        # Pooling is ours; an unused pooler would be weights that never get a gradient.
        if getattr(encoder, "pooler", None) is not None:
            encoder.pooler = None
        self.encoder = encoder.train()  # from_pretrained hands it over without dropout
        self.width = int(encoder.config.hidden_size)
        takes = inspect.signature(encoder.forward).parameters
        self.takes_types = getattr(encoder.config, "type_vocab_size", 0) > 1
        self.first_position = positions_of(encoder).first if "position_ids" in takes else None
        # nothing is generated here; a decoder would keep keys and values of each layer
        self.fixed = {"use_cache": False} if "use_cache" in takes else {}

    def forward(
        self, input_ids: Tensor, attention_mask: Tensor, token_type_ids: Tensor | None = None
    ) -> Tensor:
        """Hidden states of the last layer, ``(B, T, H)``."""
        # 0 and 1: some models (DeBERTa, XLNet) subtract masks, which booleans can't
        more: dict[str, Any] = self.fixed | {"attention_mask": attention_mask.long()}
        if self.takes_types:
            more["token_type_ids"] = token_type_ids
        if self.first_position is not None:
            before = attention_mask.cumsum(1) - 1  # (B, T), -1 at padding on the left
            more["position_ids"] = before.clamp(min=0) + self.first_position
        return self.encoder(input_ids=input_ids, **more).last_hidden_state


class Positions(NamedTuple):
    """The positions a model knows.

    Args:
        first: number of a text's first position.
        limit: how many a text may have; null = any number.
    """

    first: int
    limit: int | None


def positions_of(encoder: Any) -> Positions:
    """How a model of `transformers` numbers positions, and up to which."""
    for name, part in encoder.named_modules():
        # RoBERTa and its kin count positions from the row after that of padding.
        if name.endswith("position_embeddings") and getattr(part, "padding_idx", None) is not None:
            first = part.padding_idx + 1
            return Positions(first, part.num_embeddings - first)
    limit = getattr(encoder.config, "max_position_embeddings", None)
    return Positions(0, limit if limit and limit > 0 else None)  # XLNet says -1


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
        activation: Activation = "gelu_pytorch_tanh",
    ) -> None:
        from transformers import BertConfig, BertModel

        at_least(
            1, "model.backbone", layers=layers, width=width, heads=heads, feedforward=feedforward
        )
        shares("model.backbone", dropout=dropout)
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
