"""Backbones: padding is invisible; pretrained weights arrive as they are, or not at all."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any, get_args

import pytest
import torch
from tiny_models import (
    E5,
    EACH_PRETRAINED,
    FROM_SCRATCH,
    LENGTH,
    POOLINGS,
    logits,
    loss_of,
    module_of,
    padded,
    random_batches,
    random_texts,
    save_pretrained,
    tiny_card,
)

from weitiao.errors import ConfigError
from weitiao.models.backbones.base import Activation, BackboneFactory
from weitiao.models.backbones.huggingface import HuggingFace
from weitiao.models.backbones.pretrained import Pretrained
from weitiao.models.backbones.transformer import Transformer

needs_e5 = pytest.mark.skipif(not E5.exists(), reason=f"needs the pretrained encoder {E5.name}")


@pytest.fixture(params=[*FROM_SCRATCH, *EACH_PRETRAINED, pytest.param("e5", marks=needs_e5)])
def backbone(request: pytest.FixtureRequest, tmp_path: Path) -> BackboneFactory:
    """Every kind of backbone, small."""
    if request.param in FROM_SCRATCH:
        return FROM_SCRATCH[request.param]
    if request.param == "e5":
        return partial(Pretrained, name=str(E5), layers=1)
    return partial(Pretrained, name=str(save_pretrained(request.param, tmp_path)))


def test_padded_rows_give_the_logits_of_the_row_alone(backbone: BackboneFactory) -> None:
    texts = random_texts(6)
    assert len({len(text) for text in texts}) > 2
    for pooling in POOLINGS:
        module = module_of(tiny_card(), backbone, pooling=pooling).eval()
        with torch.inference_mode():
            together = logits(module, padded(texts))
            alone = torch.cat([logits(module, padded([text])) for text in texts])
        torch.testing.assert_close(together, alone, atol=1e-5, rtol=0, msg=pooling)
        assert (together[0] - together[1]).abs().max() > 1e-4  # not merely constant


def test_left_padding_gives_the_logits_of_right_padding(backbone: BackboneFactory) -> None:
    texts = random_texts(6)
    probe = backbone(tiny_card())
    if not isinstance(probe, HuggingFace):
        pytest.skip("made for padding on the right, where the DataModule puts it")
    if type(probe.encoder).__name__ in ("BartEncoder", "MBartEncoder"):
        pytest.skip("takes no positions, and counts padding")
    for pooling in POOLINGS:
        module = module_of(tiny_card(), backbone, pooling=pooling).eval()
        with torch.inference_mode():
            right, left = (logits(module, padded(texts, left=side)) for side in (False, True))
        torch.testing.assert_close(left, right, atol=1e-5, rtol=0, msg=pooling)


def test_hidden_states_have_the_backbones_width(backbone: BackboneFactory) -> None:
    batch = random_batches([4])[0]
    built = backbone(tiny_card())
    hidden = built(batch["inputs"]["input_ids"], batch["inputs"]["attention_mask"])
    assert hidden.shape == (*batch["inputs"]["input_ids"].shape, built.width)


def test_every_parameter_gets_a_gradient(backbone: BackboneFactory) -> None:
    module = module_of(tiny_card(), backbone)
    batch = random_batches([8])[0]
    loss_of(module, batch).backward()
    assert [n for n, p in module.named_parameters() if p.requires_grad and p.grad is None] == []


def test_second_text_of_a_pair_is_told_from_the_first(tmp_path: Path) -> None:
    batch = random_batches([4])[0]
    ids, mask = batch["inputs"]["input_ids"], batch["inputs"]["attention_mask"]
    types = (torch.arange(ids.shape[1]) > 1).long().expand_as(ids)
    for factory in (Transformer, partial(Pretrained, name=str(save_pretrained("bert", tmp_path)))):
        built = factory(tiny_card(pair=True)).eval()
        assert not torch.allclose(built(ids, mask), built(ids, mask, types))


def test_transformer_has_the_configured_shape() -> None:
    options: dict[str, Any] = {"layers": 3, "width": 48, "heads": 4, "feedforward": 20}
    built = Transformer(tiny_card(), **options, dropout=0.3, activation="relu")
    config = built.encoder.config
    assert built.width == built.encoder.embeddings.word_embeddings.embedding_dim == 48
    assert len(built.encoder.encoder.layer) == 3
    assert built.encoder.encoder.layer[0].intermediate.dense.out_features == 20
    assert built.encoder.encoder.layer[0].attention.self.num_attention_heads == 4
    assert (config.hidden_dropout_prob, config.attention_probs_dropout_prob) == (0.3, 0.3)
    assert isinstance(
        built.encoder.encoder.layer[0].intermediate.intermediate_act_fn, torch.nn.ReLU
    )
    assert built.encoder.embeddings.position_embeddings.num_embeddings == LENGTH
    inner = Transformer(tiny_card(), width=48).encoder.encoder.layer[0].intermediate
    assert inner.dense.out_features == 4 * 48


@pytest.mark.parametrize("name", get_args(Activation))
def test_transformer_takes_every_activation(name: Activation) -> None:
    from torch.nn import functional

    built = Transformer(tiny_card(), activation=name)
    of_torch = {"gelu_pytorch_tanh": partial(functional.gelu, approximate="tanh")}
    expected = of_torch.get(name) or getattr(functional, name, None) or getattr(torch, name)
    values = torch.linspace(-3, 3, 20)
    inner = built.encoder.encoder.layer[0].intermediate.intermediate_act_fn
    torch.testing.assert_close(inner(values), expected(values))


def test_width_that_heads_do_not_divide_is_refused() -> None:
    with pytest.raises(ConfigError, match="width 30 is no multiple of 4 heads"):
        Transformer(tiny_card(), width=30, heads=4)
