"""A backbone that is a model of `transformers`, and how such a model numbers positions."""

import inspect
from abc import abstractmethod
from typing import Any, NamedTuple

from torch import Tensor

from weitiao.models.backbones.attention import quicken
from weitiao.models.backbones.base import Backbone


class HuggingFace(Backbone):
    """What `Transformer` and `Pretrained` share: a model of `transformers`.

    Positions are counted by the mask where the model takes them, so padding may stand on either
    side.
    """

    @abstractmethod  # a backbone that can be named takes the card
    def __init__(self, encoder: Any) -> None:
        super().__init__()
        # Pooling is ours; an unused pooler would be weights that never get a gradient.
        if getattr(encoder, "pooler", None) is not None:
            encoder.pooler = None
        quicken(encoder)
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
