"""Training clips are changed by what is drawn alone, and no more than asked for."""

from __future__ import annotations

import numpy as np
import pytest

from weitiao.inputs.audio.changes import Changes

CLIP = np.random.default_rng(0).normal(size=(100, 64)).astype(np.float32)


def changed(seed: int = 1, clip: np.ndarray = CLIP, **options: float) -> np.ndarray:
    nothing = {"speed": 0.0, "warp": 0.0, "bands": 0.0, "frames": 0.0}
    return Changes(**{**nothing, **options})(clip, np.random.default_rng(seed))


def test_the_same_draw_is_the_same_change() -> None:
    one, same, other = (changed(seed, speed=0.1, bands=0.2, frames=0.2) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one, same)
    assert one.shape != other.shape or (one != other).any()


def test_nothing_asked_is_nothing_changed_and_the_clip_itself_stays() -> None:
    before = CLIP.copy()
    np.testing.assert_array_equal(changed(), CLIP)
    _ = changed(frames=0.5, bands=0.5)
    np.testing.assert_array_equal(before, CLIP)


@pytest.mark.parametrize(("name", "axis"), [("frames", 0), ("bands", 1)])
def test_whole_frames_or_bands_are_hidden(name: str, axis: int) -> None:
    hidden = [(changed(seed, **{name: 0.3}, masks=1) == 0).all(1 - axis) for seed in range(1000)]
    counts = [int(each.sum()) for each in hidden]
    most = 0.3 * CLIP.shape[axis]
    assert max(counts) <= round(most)
    assert max(counts) > 0.8 * most
    assert np.mean(counts) == pytest.approx(most / 2, rel=0.2)
    for each in hidden:  # side by side
        assert np.abs(np.diff(each.astype(int))).sum() <= 2
    assert np.mean(hidden, 0).min() > 0  # any of them may be


def test_another_speed_has_other_lengths_and_the_same_pitches() -> None:
    slow = [changed(seed, speed=0.2) for seed in range(100)]
    lengths = [len(each) for each in slow]
    assert min(lengths) < 86
    assert max(lengths) > 120
    steady = np.repeat(CLIP[:1], 100, 0)
    np.testing.assert_allclose(changed(3, steady, speed=0.2)[0], CLIP[0], rtol=1e-5)


def test_another_throat_has_other_pitches_and_the_same_length() -> None:
    peak = np.zeros((10, 64), np.float32)
    peak[:, 30] = 1
    bands = [changed(seed, peak, warp=0.2)[0].argmax() for seed in range(100)]
    assert min(bands) == pytest.approx(30 / 1.2, abs=1)
    assert max(bands) == pytest.approx(30 / 0.8, abs=1)


def test_one_frame_can_be_changed() -> None:
    assert changed(1, CLIP[:1], speed=0.5, bands=0.2, frames=0.9).shape[1] == 64
