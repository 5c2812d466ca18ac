"""The backbones of this package, imported: parser and checkpoints know a class by its base."""

from weitiao.models.backbones import (
    bag,
    causal,
    convnet,
    pretrained,
    pretrained_seq2seq,
    recurrent,
    seq2seq,
    sound_cnn,
    textcnn,
    transformer,
    vit,
)

__all__ = [
    "bag",
    "causal",
    "convnet",
    "pretrained",
    "pretrained_seq2seq",
    "recurrent",
    "seq2seq",
    "sound_cnn",
    "textcnn",
    "transformer",
    "vit",
]
