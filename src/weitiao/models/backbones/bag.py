"""A bag of words, or of n-grams."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from weitiao.card import DataCard
from weitiao.config.bounds import at_least, shares
from weitiao.errors import ConfigError
from weitiao.models.backbones.base import Backbone
from weitiao.models.backbones.embedding import Embedding, Vectors
from weitiao.objectives.wide_ngrams import ngram_buckets

BUCKETS = 2**16


class Bag(Backbone):
    """Embedded ids and hashed n-grams; with mean pooling fastText (Joulin et al. 2017).

    Without n-grams, and with an MLP as head, it is a deep averaging network (Iyyer et al. 2015).

    Args:
        embedding: ``H``, the width of the embeddings; null = that of the word vectors, or 128.
        vectors: whether word vectors are trained on or stay as they are.
        orders: n-grams of 2 … so many ids are added; 1 = none.
        buckets: rows of the table that n-grams are hashed into.
        dropout: share of ids and n-grams left out in training.
    """

    def __init__(
        self,
        card: DataCard,
        *,
        embedding: int | None = None,
        vectors: Vectors = "train",
        orders: int = 2,
        buckets: int = BUCKETS,
        dropout: float = 0.2,
    ) -> None:
        super().__init__()
        at_least(1, orders=orders, buckets=buckets)
        shares(dropout=dropout)
        if orders == 1 and buckets != BUCKETS:
            raise ConfigError("has no effect on a bag without n-grams", field="buckets")
        self.orders, self.buckets = orders, buckets
        self.embedding = Embedding(card, embedding, vectors)
        self.width = self.embedding.embedding_dim
        self.dropout = dropout
        if orders > 1:
            self.ngrams = nn.Embedding(buckets, self.width)
            nn.init.zeros_(self.ngrams.weight)

    def forward(
        self, input_ids: Tensor, attention_mask: Tensor, token_type_ids: Tensor | None = None
    ) -> Tensor:
        """For each position the mean of its id and of the n-grams that end there, ``(B, T, H)``."""
        embedded = self.embedding(input_ids).unsqueeze(2)  # (B, T, 1, H)
        if self.orders > 1:
            grams = ngram_buckets(input_ids, self.orders, self.buckets)[..., 1:]
            embedded = torch.cat([embedded, self.ngrams(grams)], 2)  # (B, T, N, H)
        kept = F.dropout(embedded.new_ones(embedded.shape[:3]), self.dropout, self.training)
        return (embedded * kept.unsqueeze(-1)).mean(2)
