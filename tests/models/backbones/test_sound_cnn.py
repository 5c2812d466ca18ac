"""The network of sounds hears a clip alike whatever stands beside it, and learns some by heart."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest
import torch
from cards import target_card
from tiny_models import loader, tiny_trainer

from weitiao.card import DataCard
from weitiao.errors import ConfigError
from weitiao.inputs.audio import SoundInput
from weitiao.models.backbones.bag import Bag
from weitiao.models.backbones.sound_cnn import SoundCNN
from weitiao.models.module import Module
from weitiao.models.optim import Optimisation

BANDS = 9
CARD = DataCard(
    SoundInput(16_000, BANDS, 25.0, 10.0, 1.0), target_card(labels=["a", "b"], counts=[8, 8])
)
SMALL = partial(SoundCNN, channels=[4, 8], layers=3, width=16, dropout=0.0)


def padded(lengths: list[int], fill: float = 0.0) -> dict[str, torch.Tensor]:
    torch.manual_seed(0)
    clips = [torch.randn(length, BANDS) for length in (30, 30, 30)]
    mask = torch.arange(max(lengths)) < torch.tensor(lengths)[:, None]
    frames = torch.full((len(lengths), max(lengths), BANDS), fill)
    for place, clip, length in zip(frames, clips, lengths, strict=False):
        place[:length] = clip[:length]
    return {"frames": frames, "attention_mask": mask}


def test_a_clip_is_heard_alike_whatever_stands_beside_it() -> None:
    torch.manual_seed(1)
    network = SMALL(CARD).eval()
    lengths = [7, 30, 1]
    together = network(**padded(lengths))
    assert together.shape == (3, 30, 16)
    for row, length in enumerate(lengths):
        inputs = padded(lengths)
        alone = network(*(each[row : row + 1, :length] for each in inputs.values()))
        torch.testing.assert_close(together[row : row + 1, :length], alone, atol=1e-5, rtol=0)


def test_each_layer_over_time_hears_twice_as_far() -> None:
    torch.manual_seed(1)
    network = SMALL(CARD).eval()
    one, other = padded([30]), padded([30])
    other["frames"][0, 15] += 1
    differ = (network(**one) - network(**other)).abs().amax(-1)[0] > 1e-6
    near = 2 + (1 + 2 + 4)  # of two convolutions over time and bands, and of three over time
    places = torch.arange(30)[differ]
    assert (int(places.min()), int(places.max())) == (15 - near, min(29, 15 + near))


def test_rows_are_learned_by_heart(tmp_path: Path) -> None:
    torch.manual_seed(0)
    mask = torch.ones(16, 12, dtype=torch.bool)
    inputs = {"frames": torch.randn(16, 12, BANDS), "attention_mask": mask}
    target = torch.arange(16) % 2
    batch = {"inputs": inputs, "target": target, "row": torch.arange(16)}
    module = Module(CARD, SMALL, optim=Optimisation(lr=5e-3))
    tiny_trainer(tmp_path, max_epochs=1).fit(module, loader([batch] * 60))
    (scores,) = tiny_trainer(tmp_path).validate(module, loader([batch]), verbose=False)
    assert scores["val/accuracy"] == 1


def test_sounds_and_texts_are_not_taken_for_each_other() -> None:
    from tiny_models import tiny_card

    with pytest.raises(ConfigError, match="hears sounds, and the input makes a TokenInput"):
        SoundCNN(tiny_card())
    with pytest.raises(ConfigError, match="reads ids, and the input makes a SoundInput"):
        Bag(CARD)
