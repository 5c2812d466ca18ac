"""Dropout and attention of pretrained models on a CPU: torch's, only faster."""

from __future__ import annotations

import copy
from types import SimpleNamespace

import pytest
import torch
from torch import Tensor, nn
from transformers import BertConfig, BertModel

from weitiao.models.backbones.dropout import Dropout, attend, drop, quicken


@pytest.mark.parametrize("p", [0.1, 0.5, 0.9])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_elements_are_dropped_and_scaled_as_often_as_asked(p: float, dtype: torch.dtype) -> None:
    torch.manual_seed(0)
    x = torch.ones(400, 1001, dtype=dtype, requires_grad=True)
    dropped = drop(x, p)
    y = dropped.detach()
    for place in range(4):  # four elements share a random number
        share = (y.flatten()[place::4] == 0).float().mean()
        assert share == pytest.approx(p, abs=5 * (p * (1 - p) / 1e5) ** 0.5)
    assert y.float().mean() == pytest.approx(1, abs=0.02)
    dropped.sum().backward()
    assert x.grad is not None
    assert torch.equal(x.grad, y)


def test_neighbours_are_dropped_independently() -> None:
    torch.manual_seed(0)
    gone = (drop(torch.ones(1_000_000), 0.5) == 0).float() - 0.5
    for lag in (1, 2, 3, 4):
        assert abs(float((gone[lag:] * gone[:-lag]).mean())) < 0.001


def test_nothing_is_dropped_outside_training() -> None:
    x = torch.randn(5, 7)
    assert torch.equal(Dropout(0.5).eval()(x), x)
    assert torch.equal(Dropout(0.0).train()(x), x)
    assert not Dropout(1.0).train()(x).any()


@pytest.fixture
def both() -> tuple[BertModel, BertModel]:
    sizes = {"hidden_size": 32, "intermediate_size": 64, "num_attention_heads": 4}
    bare = {"hidden_dropout_prob": 0.0, "attention_probs_dropout_prob": 0.0}
    torch.manual_seed(0)
    plain = BertModel(BertConfig(vocab_size=50, num_hidden_layers=2, **sizes, **bare))
    quick = copy.deepcopy(plain)
    quicken(quick)
    return plain.train(), quick.train()


def hidden(model: BertModel, mask: Tensor) -> tuple[Tensor, Tensor]:
    ids = torch.arange(2 * 9).view(2, 9)
    vectors = model(ids, mask).last_hidden_state[mask.bool()]
    weight = model.embeddings.word_embeddings.weight
    (gradient,) = torch.autograd.grad(vectors.square().sum(), weight)
    return vectors, gradient


@pytest.mark.parametrize("last", [9, 4], ids=["whole", "padded"])
def test_a_model_without_dropout_is_the_same(both: tuple[BertModel, BertModel], last: int) -> None:
    mask = torch.ones(2, 9, dtype=torch.long)
    mask[1, last:] = 0
    torch.testing.assert_close(hidden(both[1], mask), hidden(both[0], mask))


@pytest.mark.parametrize("form", ["bool", "added"])
def test_attention_is_that_of_torch_but_for_its_dropout(form: str) -> None:
    torch.manual_seed(0)
    query, key, value = torch.randn(3, 2, 4, 6, 8).unbind()
    keep = torch.ones(2, 1, 6, 6, dtype=torch.bool)
    keep[1, :, :, 4:] = False
    added = torch.zeros(keep.shape).masked_fill(~keep, torch.finfo(torch.float32).min)
    mask = keep if form == "bool" else added
    module = SimpleNamespace(is_causal=False)
    nearly, _ = attend(module, query, key, value, mask, dropout=1e-5)
    expected = nn.functional.scaled_dot_product_attention(query, key, value, mask)
    torch.testing.assert_close(nearly, expected.transpose(1, 2), atol=1e-4, rtol=1e-3)
    drawn = [attend(module, query, key, value, mask, dropout=0.5)[0] for _ in range(4000)]
    torch.testing.assert_close(torch.stack(drawn).mean(0), nearly, atol=0.1, rtol=0)
