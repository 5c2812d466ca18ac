"""Encoder–decoder Transformers from scratch: they read a text and write another one."""

from __future__ import annotations

from typing import Any

from torch import Tensor

from weitiao.card import DataCard
from weitiao.config.bounds import at_least, shares
from weitiao.errors import ConfigError
from weitiao.inputs.parallel.card import ParallelInput
from weitiao.models.backbones.encoder_decoder import EncoderDecoder, sides_of


class Seq2Seq(EncoderDecoder):
    """A Transformer from scratch that reads a text and writes another one (Vaswani et al. 2017).

    Norms come before each part of a layer, as in mBART (Liu et al. 2020). The embeddings of what is
    written are those of the output, too; where both sides have one vocabulary, they are also those
    of what is read.

    Args:
        layers: number of layers of the encoder, and as many of the decoder.
        width: ``H``, a multiple of ``heads``.
        heads: attention heads.
        feedforward: width of the inner layer; null = 4 × width.
        dropout: share dropped in training, in attention too.
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
    ) -> None:
        from transformers import MBartForConditionalGeneration

        at_least(1, layers=layers, width=width, heads=heads, feedforward=feedforward)
        shares(dropout=dropout)
        if width % heads:
            raise ConfigError(f"{width} is no multiple of {heads} heads", field="width")
        sizes = sides_of(card)
        config = _config(sizes, layers, width, heads, feedforward or 4 * width, dropout)
        model = MBartForConditionalGeneration(config)
        if not sizes.shared:
            _read_by_its_own(model, sizes)
        # of a tokenizer that puts nothing before a text, what fills a batch begins one, as in T5
        super().__init__(model, sizes.written_pad if sizes.begin is None else sizes.begin, sizes)
        self.begun = sizes.begin is not None

    def shifted(self, written: Tensor) -> tuple[Tensor, Tensor]:
        """Each id is said of those before it; the one that begins isn't said."""
        asked = written[:, 1:] if self.begun else written
        return self.after(asked.new_full((len(asked), 1), self.begin), asked), asked


def _config(
    sizes: ParallelInput, layers: int, width: int, heads: int, feedforward: int, dropout: float
) -> Any:
    from transformers import MBartConfig

    return MBartConfig(
        vocab_size=sizes.written_size,
        d_model=width,
        encoder_layers=layers,
        decoder_layers=layers,
        encoder_attention_heads=heads,
        decoder_attention_heads=heads,
        encoder_ffn_dim=feedforward,
        decoder_ffn_dim=feedforward,
        dropout=dropout,
        attention_dropout=dropout,
        activation_function="gelu_pytorch_tanh",  # much faster on a CPU than "gelu"
        max_position_embeddings=max(sizes.max_length, sizes.written_length),
        pad_token_id=sizes.written_pad,
        bos_token_id=None,
        eos_token_id=sizes.end,
        forced_eos_token_id=None,
    )


def _read_by_its_own(model: Any, sizes: ParallelInput) -> None:
    """Give the encoder embeddings of its own vocabulary."""
    from torch import nn

    config = model.config
    own = nn.Embedding(sizes.vocab_size, config.d_model, sizes.pad_id)
    nn.init.normal_(own.weight, std=config.init_std)
    model.get_encoder().embed_tokens = own
