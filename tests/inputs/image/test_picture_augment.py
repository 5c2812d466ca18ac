"""Changed pictures: drawn by seed, epoch and slot alone, and nothing else moves."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest
import torch
from small_pictures import picture_card

from weitiao.errors import ConfigError
from weitiao.inputs import Draws
from weitiao.inputs.image import Augment, ImageInput
from weitiao.inputs.image.rows import ChangedPictures, PictureRows

EVERYTHING = Augment(flip=0.5, crop=0.5, turn=10, colour=0.4, erase=0.5)
NOTHING = Augment(flip=0, crop=1)


def encoded(count: int = 8) -> tuple[pa.Table, ImageInput]:
    card = picture_card().input
    assert isinstance(card, ImageInput)
    smooth = np.random.default_rng(0).integers(0, 256, (count, 3, 4, 4), np.uint8)
    pixels = np.ascontiguousarray(smooth.repeat(4, 2).repeat(4, 3))
    array = pa.array([each.tobytes() for each in pixels], pa.binary(768))
    return pa.table({"pixels": array}), card


def batch(
    augment: Augment, rows: list[int], slots: list[int], epoch: int = 0, seed: int = 0
) -> Any:
    changed = ChangedPictures(*encoded(), augment, seed)
    found = changed.collate(Draws(np.array(rows), np.array(slots), epoch))
    return found["inputs"]["pixels"], found["changed"]


def test_a_change_depends_on_seed_epoch_and_slot_alone() -> None:
    together, changed = batch(EVERYTHING, [1, 2, 3], [1, 2, 3])
    assert changed.all()
    alone = torch.cat([batch(EVERYTHING, [row], [row])[0] for row in (1, 2, 3)])
    assert torch.equal(together, alone)
    for other in (
        batch(EVERYTHING, [1], [1], epoch=1),
        batch(EVERYTHING, [1], [1], seed=1),
        batch(EVERYTHING, [1], [5]),
    ):
        assert not torch.equal(together[:1], other[0])


def test_without_any_change_the_pixels_are_those_of_evaluation() -> None:
    table, card = encoded()
    plain = PictureRows(table, card).collate(Draws(np.arange(8), np.arange(8), 0))
    found, changed = batch(NOTHING, [*range(8)], [*range(8)])
    assert torch.equal(found, plain["inputs"]["pixels"])
    assert not changed.any()


def test_a_flip_mirrors_left_and_right_only() -> None:
    before, _ = batch(NOTHING, [3], [3])
    after, _ = batch(Augment(flip=1, crop=1), [3], [3])
    torch.testing.assert_close(after, before.flip(-1), atol=1e-5, rtol=0)


def test_a_crop_is_a_part_of_the_picture_enlarged() -> None:
    before, _ = batch(NOTHING, [*range(8)], [*range(8)])
    after, _ = batch(Augment(flip=0, crop=0.3), [*range(8)], [*range(8)])
    assert (after.amax((2, 3)) <= before.amax((2, 3)) + 1e-5).all()
    assert (after - before).abs().amax((1, 2, 3)).min() > 0.1


def test_a_quarter_turn_turns() -> None:
    class Straight(np.random.Generator):
        """Draws the largest angle."""

        def random(self, *_: Any, **__: Any) -> Any:  # type: ignore[override]
            return np.full(5, 1.0)

    change = Augment(flip=0, crop=1, turn=90).draw(Straight(np.random.PCG64(0)))
    table, card = encoded(1)
    pixels = PictureRows(table, card).drawn(Draws(np.arange(1), np.arange(1), 0))
    turned = Augment(turn=90).changed(pixels.clone(), [change])
    ways = [torch.rot90(pixels, k, (2, 3)) for k in (1, -1)]
    assert any((turned - way).abs().max() < 1e-4 for way in ways)


def test_colour_and_erasing_do_what_they_say() -> None:
    before, _ = batch(NOTHING, [2], [2])
    light, _ = batch(Augment(flip=0, crop=1, colour=0.5), [2], [2])
    assert not torch.equal(light, before)
    erased, _ = batch(Augment(flip=0, crop=1, erase=1), [2], [2])
    gone = (erased == 0).all(1)
    assert 0.01 < gone.float().mean() < 0.3
    assert torch.equal(erased.masked_fill(gone[:, None], 1), before.masked_fill(gone[:, None], 1))


@pytest.mark.parametrize(
    "options", [{"flip": 2}, {"erase": -1}, {"crop": 0}, {"turn": -1}, {"colour": 1}]
)
def test_impossible_changes_are_refused(options: Any) -> None:
    with pytest.raises(ConfigError) as found:
        Augment(**options)
    assert found.value.field == next(iter(options))
