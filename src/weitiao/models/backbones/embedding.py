"""The embedding of ids that backbones from scratch begin with."""

from typing import Literal

import numpy as np
import torch
from torch import nn

from weitiao.card import DataCard
from weitiao.config.bounds import at_least
from weitiao.errors import ConfigError

WIDTH = 128
Vectors = Literal["train", "freeze"]


class Embedding(nn.Embedding):
    """A vector for each id, random at first, or the word vectors that the data card names.

    Args:
        card: size of the vocabulary, and its word vectors if there are any.
        width: ``E``; null = that of the word vectors, or 128.
        vectors: whether word vectors are trained on or stay as they are.

    Raises:
        ConfigError: word vectors have another width, or there are none that could be frozen.
    """

    def __init__(self, card: DataCard, width: int | None, vectors: Vectors) -> None:
        at_least(1, embedding=width)
        given = card.input.vector_width
        if width is not None and given not in (None, width):
            raise ConfigError(
                f"= {width}, but the word vectors are {given} wide",
                field="embedding",
                hint="{--embedding} null takes their width",
            )
        if vectors == "freeze" and given is None:
            raise ConfigError(
                ": there are no word vectors to freeze",
                field="vectors",
                hint="{--encode.vectors} FILE",
            )
        super().__init__(card.tokens.vocab_size, width or given or WIDTH)
        nn.init.normal_(self.weight, std=0.1)
        if card.input.vectors is not None:
            self.weight.data.copy_(torch.from_numpy(np.load(card.input.vectors)))
        self.weight.requires_grad_(vectors == "train")
