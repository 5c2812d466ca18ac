"""A convolutional backbone from scratch."""

import torch
from torch import Tensor, nn

from weitiao.card import DataCard
from weitiao.config.bounds import at_least, shares
from weitiao.models.backbones.base import Backbone
from weitiao.models.backbones.embedding import Embedding, Vectors


class TextCNN(Backbone):
    """Parallel convolutions over embedded ids (Kim 2014); meant for max pooling.

    Args:
        embedding: width of the embeddings; null = that of the word vectors, or 128.
        vectors: whether word vectors are trained on or stay as they are.
        filters: filters per kernel size; ``H`` is their number in all.
        kernels: sizes of the convolutions, in ids.
        dropout: share of the embeddings' features dropped in training.
        token_dropout: share of whole ids left out in training.
    """

    def __init__(
        self,
        card: DataCard,
        *,
        embedding: int | None = None,
        vectors: Vectors = "train",
        filters: int = 64,
        kernels: list[int] = [2, 3, 4],  # noqa: B006 - a list in YAML; never altered
        dropout: float = 0.2,
        token_dropout: float = 0.1,
    ) -> None:
        at_least(1, filters=filters)
        at_least(1, kernels=min(kernels, default=0))
        shares(dropout=dropout, token_dropout=token_dropout)
        super().__init__()
        self.width = filters * len(kernels)
        self.token_dropout = token_dropout
        self.embedding = Embedding(card, embedding, vectors)
        self.dropout = nn.Dropout(dropout)
        self.convolutions = nn.ModuleList(
            nn.Conv1d(self.embedding.embedding_dim, filters, kernel, padding=kernel // 2)
            for kernel in kernels
        )

    def forward(
        self, input_ids: Tensor, attention_mask: Tensor, token_type_ids: Tensor | None = None
    ) -> Tensor:
        """Activations ``(B, T, H)``; a row's end looks the same with and without padding."""
        seen = attention_mask
        if self.training and self.token_dropout:
            seen = seen & (torch.rand(seen.shape, device=seen.device) >= self.token_dropout)
        embedded = self.dropout(self.embedding(input_ids)) * seen.unsqueeze(-1)  # (B, T, E)
        x, length = embedded.transpose(1, 2), input_ids.shape[1]
        features = [conv(x)[..., :length] for conv in self.convolutions]  # each (B, F, T)
        return torch.relu(torch.cat(features, 1)).transpose(1, 2)
