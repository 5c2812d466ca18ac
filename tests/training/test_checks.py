"""What can be known to fail is refused: a pooling that sees too little of a text, processes that
would wait for each other for ever."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from cards import target_card
from lightning.pytorch.strategies import ModelParallelStrategy
from tiny_models import module_of
from transformers import AutoConfig, AutoModel

from weitiao.card import DataCard, TokenInput
from weitiao.errors import ConfigError
from weitiao.models.backbones.base import BackboneFactory
from weitiao.models.backbones.pretrained import Pretrained
from weitiao.models.backbones.textcnn import TextCNN
from weitiao.models.backbones.transformer import Transformer
from weitiao.objectives.pooling import PoolingName
from weitiao.training.checks import check_sharing, refuse_blind_pooling

CARD = DataCard(TokenInput(30, 0, 40), target_card("classification", ["a", "b"], [1, 1]))


def pretrained(kind: str, folder: Path) -> BackboneFactory:
    """A tiny model of that kind."""
    sizes = {"hidden_size": 16, "num_attention_heads": 2, "intermediate_size": 16}
    sizes |= {"num_key_value_heads": 1, "head_dim": 8}
    config = AutoConfig.for_model(kind, vocab_size=30, num_hidden_layers=2, **sizes)
    AutoModel.from_config(config).save_pretrained(folder)
    return partial(Pretrained, name=str(folder), freeze=1)


@pytest.mark.parametrize("kind", ["gpt2", "opt", "bloom", "llama", "qwen3", "gemma2"])
def test_first_position_of_a_decoder_is_refused(kind: str, tmp_path: Path) -> None:
    backbone = pretrained(kind, tmp_path)
    with pytest.raises(ConfigError, match=r"^pooling cls(.|\n)*→ pooling last"):
        refuse_blind_pooling(module_of(CARD, backbone, pooling="cls"))
    for pooling in ("last", "mean", "max", "attention"):
        refuse_blind_pooling(module_of(CARD, backbone, pooling=pooling))


@pytest.mark.parametrize("pooling", ["cls", "last"])
def test_one_position_of_a_convolution_is_refused(pooling: PoolingName) -> None:
    with pytest.raises(ConfigError, match=f"pooling {pooling}"):
        refuse_blind_pooling(module_of(CARD, TextCNN, pooling=pooling))


@pytest.mark.parametrize("pooling", ["cls", "last"])
@pytest.mark.parametrize("kind", ["scratch", "bert", "t5"])
def test_one_position_of_an_encoder_sees_the_whole(
    kind: str, pooling: PoolingName, tmp_path: Path
) -> None:
    backbone = Transformer if kind == "scratch" else pretrained(kind, tmp_path)
    module = module_of(CARD, backbone, pooling=pooling)
    modes = [part.training for part in module.modules()]
    refuse_blind_pooling(module)
    assert [part.training for part in module.modules()] == modes


def test_weights_that_are_shared_out_are_asked_for_equally_often() -> None:
    trainer: Any = SimpleNamespace(strategy=ModelParallelStrategy(), callbacks=[])
    alone: Any = SimpleNamespace(strategy=None, callbacks=[])
    module = module_of(CARD, Transformer)
    check_sharing(trainer, module)
    module.objective.uneven = "answers are generated"
    with pytest.raises(ConfigError, match=r"out: answers are generated\n.*trainer/ddp.yaml"):
        check_sharing(trainer, module)
    check_sharing(alone, module)
