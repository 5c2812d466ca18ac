"""Backbones that see: a row depends on itself alone, and can be learned by heart."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest
import torch
from small_pictures import picture_card
from tiny_models import tiny_card
from torch.nn import functional as F

from weitiao.errors import ConfigError
from weitiao.models.backbones.convnet import ConvNet
from weitiao.models.backbones.vit import ViT
from weitiao.models.module import Module
from weitiao.objectives import Classification

KINDS = {
    "convnet": partial(ConvNet, width=8, levels=2),
    "vit": partial(ViT, layers=1, width=32, heads=2, dropout=0.0),
}


@pytest.fixture(params=KINDS)
def backbone(request: pytest.FixtureRequest) -> Any:
    return KINDS[request.param]


def test_a_row_gives_the_same_beside_others_and_alone(backbone: Any) -> None:
    torch.manual_seed(0)
    built = backbone(picture_card()).eval()
    pixels = torch.randn(4, 3, 16, 16)
    with torch.no_grad():
        together = built(pixels=pixels)
        alone = torch.cat([built(pixels=row[None]) for row in pixels])
    assert together.shape == (4, 64, built.width)
    torch.testing.assert_close(together, alone, atol=1e-5, rtol=1e-5)
    assert (together[0] - together[1]).abs().max() > 1e-3
    built.train()
    torch.testing.assert_close(built(pixels=pixels), together, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize(("kind", "pooling"), [("convnet", "mean"), ("vit", "cls")])
def test_32_rows_are_learned_by_heart(kind: str, pooling: Any) -> None:
    torch.manual_seed(0)
    card = picture_card(size=8, classes=4)
    module = Module(card, KINDS[kind], partial(Classification, pooling=pooling))
    batch = {
        "inputs": {"pixels": torch.randn(32, 3, 8, 8)},
        "target": torch.arange(32) % 4,
        "row": torch.arange(32),
    }
    optimiser = torch.optim.AdamW(module.parameters(), 5e-3)
    for _ in range(100):
        loss, _ = module.loss(batch)
        if loss < 0.05:
            break
        optimiser.zero_grad()
        loss.backward()
        assert all(p.grad is not None for p in module.parameters())
        optimiser.step()
    module.eval()
    with torch.no_grad():
        said = module(batch)
    assert F.nll_loss(said.log(), batch["target"]) < 0.1  # chance: 1.4


@pytest.mark.parametrize("size", [8, 28, 64, 96])
def test_pictures_of_every_size_are_seen_at_a_few_places(size: int) -> None:
    pixels = torch.randn(1, 1, size, size)
    places = ConvNet(picture_card(size, 1), width=8)(pixels).shape[1]
    assert 4 <= places <= 16**2
    assert ViT(picture_card(size, 1), width=32)(pixels).shape[1] <= 8 * 8


@pytest.mark.parametrize(
    ("made", "field"),
    [
        (partial(ConvNet, width=12), "width"),
        (partial(ConvNet, levels=6), "levels"),
        (partial(ViT, width=33), "width"),
        (partial(ViT, patch=5), "patch"),
    ],
)
def test_sizes_that_dont_go_together_are_refused(made: Any, field: str) -> None:
    with pytest.raises(ConfigError) as found:
        made(picture_card())
    assert found.value.field == field


def test_a_card_of_texts_is_refused(backbone: Any) -> None:
    with pytest.raises(
        ConfigError, match="sees pictures, and the input makes a TokenInput"
    ) as found:
        backbone(tiny_card())
    assert found.value.field == "backbone"
