"""Recurrent backbones from scratch."""

from typing import Literal

import torch
from torch import Tensor, nn

from weitiao.card import DataCard
from weitiao.config.bounds import at_least, shares
from weitiao.errors import ConfigError
from weitiao.models.backbones import onnx_cells
from weitiao.models.backbones.base import Backbone
from weitiao.models.backbones.embedding import Embedding, Vectors


class Recurrent(Backbone):
    """An LSTM (Hochreiter & Schmidhuber 1997) or GRU (Cho et al. 2014) over embedded ids.

    Args:
        embedding: width of the embeddings; null = that of the word vectors, or 128.
        vectors: whether word vectors are trained on or stay as they are.
        cell: kind of the recurrent cell.
        layers: number of layers.
        width: ``H``; of two directions each has half of it.
        bidirectional: read from both ends.
        dropout: share dropped in training of the features that enter a layer.
    """

    def __init__(
        self,
        card: DataCard,
        *,
        embedding: int | None = None,
        vectors: Vectors = "train",
        cell: Literal["lstm", "gru"] = "lstm",
        layers: int = 1,
        width: int = 128,
        bidirectional: bool = True,
        dropout: float = 0.2,
    ) -> None:
        super().__init__()
        at_least(1, layers=layers, width=width)
        shares(dropout=dropout)
        directions = 2 if bidirectional else 1
        if width % directions:
            raise ConfigError(f": of two directions it is even, not {width}", field="width")
        self.width = width
        self.embedding = Embedding(card, embedding, vectors)
        self.dropout = nn.Dropout(dropout)
        kind = {"lstm": nn.LSTM, "gru": nn.GRU}[cell]
        sizes = [self.embedding.embedding_dim] + [width] * (layers - 1)
        self.ahead, self.back = (
            nn.ModuleList(kind(e, width // directions, batch_first=True) for e in entering)
            for entering in (sizes, sizes if bidirectional else [])
        )

    def forward(
        self, input_ids: Tensor, attention_mask: Tensor, token_type_ids: Tensor | None = None
    ) -> Tensor:
        """Hidden states of the last layer, ``(B, T, H)``.

        A network that reads on never sees the padding behind a row. For the one that reads back,
        rows are turned round within their length. Packed sequences would give the same, but their
        gradient takes time quadratic in ``T`` on CPU.
        """
        hidden, turned = self.embedding(input_ids), turn(attention_mask).unsqueeze(-1)
        for layer, ahead in enumerate(self.ahead):
            hidden = self.dropout(hidden)
            states = _states(ahead, hidden)
            if self.back:
                back = _states(self.back[layer], hidden.gather(1, turned.expand_as(hidden)))
                states = torch.cat([states, back.gather(1, turned.expand_as(back))], -1)
            hidden = states
        return hidden


def _states(cell: nn.Module, x: Tensor) -> Tensor:
    return onnx_cells.states(cell, x) if torch.onnx.is_in_onnx_export() else cell(x)[0]


def turn(mask: Tensor) -> Tensor:
    """Positions ``(B, T)`` that turn each row round within its length; padding stays behind it.

    Args:
        mask: ``(B, T)`` bool, false at padding.
    """
    place, length = torch.arange(mask.shape[1], device=mask.device), mask.sum(1, keepdim=True)
    return torch.where(place < length, length - 1 - place, place)
