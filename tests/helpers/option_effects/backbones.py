"""What options of backbones change."""

from __future__ import annotations

from option_effects.effect import Effect
from option_effects.tasks import (
    BAG,
    CNN,
    LORA,
    OWN_TALKING,
    PARALLEL,
    PATCHES,
    PICTURES,
    PRETRAINED,
    RNN,
    SOUNDS,
    TALKING,
    VECTORS,
    WRITTEN,
)

BACKBONES = {
    "model/model.backbone": Effect("loss", "TextCNN"),
    "model.backbone: Transformer/model.backbone.layers": Effect("loss", "2"),
    "model.backbone: Transformer/model.backbone.width": Effect("loss", "32"),
    "model.backbone: Transformer/model.backbone.heads": Effect("loss", "4"),
    "model.backbone: Transformer/model.backbone.feedforward": Effect("loss", "8"),
    "model.backbone: Transformer/model.backbone.dropout": Effect("loss", "0.5"),
    "model.backbone: Transformer/model.backbone.activation": Effect("loss", "relu"),
    **{
        f"model.backbone: PretrainedSeq2Seq/model.backbone.{option}": Effect("loss", value, WRITTEN)
        for option, value in {
            "name": "other_t5",
            "lora": "{}",
            "config": "{model_type: t5, vocab_size: 400, d_model: 32, d_kv: 8, num_heads: 4,"
            " num_layers: 1, d_ff: 8, decoder_start_token_id: 0, eos_token_id: 1}",
        }.items()
    },
    **{
        f"model.backbone: Seq2Seq/model.backbone.{option}": Effect("loss", value, PARALLEL)
        for option, value in {
            "layers": "3",
            "width": "32",
            "heads": "4",
            "feedforward": "8",
            "dropout": "0.5",
        }.items()
    },
    "model.backbone: TextCNN/model.backbone.embedding": Effect("loss", "16", CNN),
    "model.backbone: TextCNN/model.backbone.vectors": Effect("loss", "freeze", CNN + VECTORS),
    "model.backbone: TextCNN/model.backbone.filters": Effect("loss", "16", CNN),
    "model.backbone: TextCNN/model.backbone.kernels": Effect("loss", "[3]", CNN),
    "model.backbone: TextCNN/model.backbone.dropout": Effect("loss", "0.5", CNN),
    "model.backbone: TextCNN/model.backbone.token_dropout": Effect("loss", "0.5", CNN),
    "model.backbone: ConvNet/model.backbone.width": Effect("loss", "16", PICTURES),
    "model.backbone: ConvNet/model.backbone.levels": Effect("loss", "2", PICTURES),
    "model.backbone: ConvNet/model.backbone.depth": Effect("loss", "2", PICTURES),
    **{
        f"model.backbone: ViT/model.backbone.{option}": Effect("loss", value, PATCHES)
        for option, value in {
            "patch": "4",
            "layers": "2",
            "width": "64",
            "heads": "2",
            "dropout": "0.5",
        }.items()
    },
    **{
        f"model.backbone: SoundCNN/model.backbone.{option}": Effect("loss", value, SOUNDS)
        for option, value in {
            "channels": "[3, 4]",
            "layers": "1",
            "width": "16",
            "dropout": "0.5",
        }.items()
    },
    "model.backbone: Bag/model.backbone.embedding": Effect("loss", "16", BAG),
    "model.backbone: Bag/model.backbone.vectors": Effect("loss", "freeze", BAG + VECTORS),
    "model.backbone: Bag/model.backbone.orders": Effect("loss", "1", BAG),
    "model.backbone: Bag/model.backbone.buckets": Effect("loss", "3", BAG),
    "model.backbone: Bag/model.backbone.dropout": Effect("loss", "0.9", BAG),
    "model.backbone: Recurrent/model.backbone.embedding": Effect("loss", "16", RNN),
    "model.backbone: Recurrent/model.backbone.vectors": Effect("loss", "freeze", RNN + VECTORS),
    "model.backbone: Recurrent/model.backbone.cell": Effect("loss", "gru", RNN),
    "model.backbone: Recurrent/model.backbone.layers": Effect("loss", "2", RNN),
    "model.backbone: Recurrent/model.backbone.width": Effect("loss", "16", RNN),
    "model.backbone: Recurrent/model.backbone.bidirectional": Effect("loss", "false", RNN),
    "model.backbone: Recurrent/model.backbone.dropout": Effect("loss", "0.9", RNN),
    "model.backbone: Pretrained/model.backbone.name": Effect("loss", "other_bert", PRETRAINED),
    "model.backbone: Pretrained/model.backbone.layers": Effect("loss", "1", PRETRAINED),
    "model.backbone: Pretrained/model.backbone.freeze": Effect("loss", "1", PRETRAINED),
    "model.backbone: Pretrained/model.backbone.lora": Effect("loss", "{}", PRETRAINED),
    "model.backbone.lora: Lora/model.backbone.lora.rank": Effect("loss", "2", LORA, before="8"),
    "model.backbone.lora: Lora/model.backbone.lora.alpha": Effect("loss", "99", LORA),
    "model.backbone.lora: Lora/model.backbone.lora.dropout": Effect("loss", "0.9", LORA),
    "model.backbone.lora: Lora/model.backbone.lora.rank_stabilised": Effect("loss", "true", LORA),
    "model.backbone.lora: Lora/model.backbone.lora.dora": Effect("loss", "true", LORA),
    **{
        f"model.backbone: Causal/model.backbone.{option}": effect
        for option, effect in {
            "name": Effect("loss", "other_chat", TALKING),
            "layers": Effect("loss", "1", TALKING),
            "freeze": Effect("loss", "1", TALKING),
            "lora": Effect("loss", "{}", TALKING),
            # what they change needs a package (tests/models/backbones/test_few_bits.py)
            "bits": Effect("refused", "4", TALKING),
            "attention_dropout": Effect("loss", "0.5", TALKING),
            # both change no number (tests/models/backbones/test_causal.py)
            "gradient_checkpointing": Effect(
                "refused", "true", (*OWN_TALKING, "--model.backbone.trust_remote_code=true")
            ),
            "packed": Effect("refused", "true", (*TALKING, "--model.backbone.name=bloom_chat")),
            "trust_remote_code": Effect("loss", "true", OWN_TALKING, mends=True),
            "config": Effect(
                "loss",
                "{model_type: llama, vocab_size: 400, hidden_size: 24, num_hidden_layers: 2,"
                " num_attention_heads: 2, tie_word_embeddings: true}",
                TALKING,
            ),
        }.items()
    },
    # it changes no number (tests/models/backbones/test_freeze.py); own_code says that it can't
    "model.backbone: Pretrained/model.backbone.attention_dropout": Effect(
        "loss", "0.5", PRETRAINED
    ),
    "model.backbone: Pretrained/model.backbone.gradient_checkpointing": Effect(
        "refused",
        "true",
        (*PRETRAINED, "--model.backbone.name=own_code", "--model.backbone.trust_remote_code=true"),
    ),
    # given, no file is read: the weights are drawn, to be loaded from a checkpoint
    "model.backbone: Pretrained/model.backbone.config": Effect(
        "loss", "{model_type: bert, vocab_size: 60, hidden_size: 24}", PRETRAINED
    ),
    "model.backbone: Pretrained/model.backbone.trust_remote_code": Effect(
        "loss", "true", (*PRETRAINED, "--model.backbone.name=own_code"), mends=True
    ),
}
