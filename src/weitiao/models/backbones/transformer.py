"""A Transformer from scratch."""

from weitiao.card import DataCard
from weitiao.config.bounds import at_least, shares
from weitiao.errors import ConfigError
from weitiao.models.backbones.base import Activation
from weitiao.models.backbones.huggingface import HuggingFace


class Transformer(HuggingFace):
    """A BERT-kind Transformer from scratch (Devlin et al. 2019).

    Args:
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

        at_least(1, layers=layers, width=width, heads=heads, feedforward=feedforward)
        shares(dropout=dropout)
        if width % heads:
            raise ConfigError(f"{width} is no multiple of {heads} heads", field="width")
        config = BertConfig(
            vocab_size=card.tokens.vocab_size,
            hidden_size=width,
            num_hidden_layers=layers,
            num_attention_heads=heads,
            intermediate_size=feedforward or 4 * width,
            hidden_dropout_prob=dropout,
            attention_probs_dropout_prob=dropout,
            hidden_act=activation,
            max_position_embeddings=card.tokens.max_length,
            pad_token_id=card.tokens.pad_id,
        )
        super().__init__(BertModel(config, add_pooling_layer=False))
