"""Attention of pretrained models on a CPU: torch's, only faster."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from types import SimpleNamespace

import pytest
import torch
from torch import Tensor, nn
from torch.nn.functional import scaled_dot_product_attention
from torch.utils.checkpoint import checkpoint
from transformers import BertConfig, BertModel

from weitiao.models.backbones.attention import attend, quicken
from weitiao.training import matmul


@pytest.fixture(autouse=True)
def products_as_before() -> Iterator[None]:
    before = torch.get_float32_matmul_precision()
    torch.set_float32_matmul_precision("highest")  # tests before these may have left another
    yield
    torch.set_float32_matmul_precision(before)


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


def gradients(call: object, vectors: Tensor, mask: Tensor | None) -> tuple[Tensor, Tensor]:
    """What attention finds, and the gradient of the vectors ``(3, B, heads, T, D)``."""
    vectors = vectors.clone().requires_grad_()
    found = call(*vectors.unbind(), mask)  # type: ignore[operator] # one of two, by turns
    found.float().square().sum().backward()
    assert vectors.grad is not None
    return found.detach(), vectors.grad


@pytest.mark.parametrize("causal", [True, False])
@pytest.mark.parametrize("library", ["blas", "onednn"])
def test_small_products_are_those_of_torch(library: matmul.Library, causal: bool) -> None:
    """To the digit, whatever multiplies elsewhere; and that is chosen again afterwards."""
    torch.manual_seed(0)
    vectors = torch.randn(3, 2, 4, 40, 8)
    mask = None if causal else torch.rand(2, 1, 40, 40) < 0.8

    def of_torch(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None) -> Tensor:
        return scaled_dot_product_attention(q, k, v, mask, is_causal=causal).transpose(1, 2)

    def ours(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None) -> Tensor:
        return attend(SimpleNamespace(is_causal=causal), q, k, v, mask)[0]

    expected = gradients(of_torch, vectors, mask)
    matmul.use(library)
    chosen = torch.get_float32_matmul_precision()
    found = gradients(ours, vectors, mask)
    assert torch.get_float32_matmul_precision() == chosen
    assert torch.equal(found[0], expected[0])
    assert torch.equal(found[1], expected[1])
    with torch.no_grad():
        assert torch.equal(ours(*vectors.unbind(), mask), expected[0])
    assert torch.get_float32_matmul_precision() == chosen


@pytest.mark.parametrize("dropout", [0.0, 1e-7])
def test_keys_may_serve_groups_of_queries(dropout: float) -> None:
    torch.manual_seed(0)
    query, keys = torch.randn(2, 6, 9, 8), torch.randn(2, 2, 2, 9, 8)
    module, mask = SimpleNamespace(is_causal=False), torch.rand(2, 1, 9, 9) < 0.8
    expected = scaled_dot_product_attention(query, *keys.unbind(), mask, enable_gqa=True)
    keys.requires_grad_()
    found, _ = attend(module, query, *keys.unbind(), mask, dropout)  # type: ignore[arg-type] # a module without weights
    torch.testing.assert_close(found, expected.transpose(1, 2))
    (ours,) = torch.autograd.grad(found.square().sum(), keys)
    other = scaled_dot_product_attention(query, *keys.unbind(), mask, enable_gqa=True)
    (theirs,) = torch.autograd.grad(other.square().sum(), keys)
    torch.testing.assert_close(ours, theirs)


def test_vectors_of_16_bits_keep_their_kind_and_lose_little() -> None:
    torch.manual_seed(0)
    vectors = torch.randn(3, 2, 4, 40, 8)
    module = SimpleNamespace(is_causal=False)
    exact = scaled_dot_product_attention(*vectors.unbind()).transpose(1, 2)
    short = vectors.bfloat16().requires_grad_()
    with torch.autocast("cpu", torch.bfloat16):
        found, _ = attend(module, *short.unbind(), None)  # type: ignore[arg-type] # a module without weights
    assert found.dtype == torch.bfloat16
    torch.testing.assert_close(found.float(), exact, atol=0.03, rtol=0)
    found.sum().backward()
    assert short.grad is not None
    assert short.grad.dtype == torch.bfloat16


def test_what_is_computed_twice_has_the_same_gradients() -> None:
    torch.manual_seed(0)
    vectors = torch.randn(3, 2, 4, 40, 8)

    def ours(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None) -> Tensor:
        return attend(SimpleNamespace(is_causal=False), q, k, v, mask)[0]

    def twice(*given: Tensor) -> Tensor:
        return checkpoint(ours, *given, use_reentrant=False)

    matmul.use("onednn")
    once = gradients(ours, vectors, None)
    assert torch.equal(gradients(twice, vectors, None)[1], once[1])
    assert torch.get_float32_matmul_precision() == "medium"
