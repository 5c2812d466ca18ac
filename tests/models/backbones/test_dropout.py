"""Dropout of pretrained models on a CPU: torch's, only faster."""

from __future__ import annotations

import pytest
import torch

from weitiao.models.backbones.dropout import Dropout, drop


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


def test_a_share_that_16_bits_do_not_tell_from_nothing_drops_nothing() -> None:
    x = torch.randn(5, 7)
    assert torch.equal(Dropout(1e-6).train()(x), x)
