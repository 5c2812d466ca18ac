"""Histograms of oriented gradients, against a slow way to count them."""

from __future__ import annotations

import math

import numpy as np
from small_pictures import stripes

from weitiao.inputs.image.features import features, hog


def counted(grey: np.ndarray) -> np.ndarray:
    """The same, pixel by pixel and block by block, as scikit-image 0.26 describes it: feature.hog
    with nine orientations, 8 × 8 pixels a cell, 2 × 2 cells a block, L2-Hys."""
    height, width = grey.shape
    cells = np.zeros((height // 8, width // 8, 9))
    for y in range(height):
        for x in range(width):
            down = grey[y + 1, x] - grey[y - 1, x] if 0 < y < height - 1 else 0.0
            right = grey[y, x + 1] - grey[y, x - 1] if 0 < x < width - 1 else 0.0
            angle = math.degrees(math.atan2(down, right)) % 180
            cells[y // 8, x // 8, int(angle // 20) % 9] += math.hypot(down, right) / 64
    blocks = []
    for y in range(len(cells) - 1):
        for x in range(len(cells[0]) - 1):
            block = cells[y : y + 2, x : x + 2].ravel()
            block = block / math.sqrt((block**2).sum() + 1e-10)
            block = block.clip(max=0.2)
            blocks.append(block / math.sqrt((block**2).sum() + 1e-10))
    return np.concatenate(blocks)


def test_gradients_are_counted_as_described() -> None:
    grey = np.random.default_rng(0).random((24, 32))
    assert hog(grey).shape == (2 * 3 * 36,)
    np.testing.assert_allclose(hog(grey), counted(grey), atol=1e-9)


def test_features_tell_stripes_apart() -> None:
    pixels = np.stack(
        [np.asarray(stripes(c, n)).transpose(2, 0, 1) for c in ("across", "down") for n in (1, 2)]
    )
    found = features(pixels)
    assert found.shape == (4, 49 * 36 + 3 * 16)
    assert np.isfinite(found).all()
    likeness = found @ found.T
    assert min(likeness[0, 1], likeness[2, 3]) > likeness[:2, 2:].max()
    assert np.isfinite(features(np.zeros((1, 1, 8, 8), np.uint8))).all()
