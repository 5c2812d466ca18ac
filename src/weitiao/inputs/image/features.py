"""What a linear model of pictures is made of: oriented gradients and colours, by NumPy."""

from __future__ import annotations

import numpy as np
from PIL import Image

SIDE = 64  # a picture's, for its gradients
CELL = 8  # pixels
ORIENTATIONS = 9
BLOCK = 2  # cells
CLIP = 0.2  # of a block's normalised values (L2-Hys)
BINS = 16  # of the values of a channel
SHARE = 0.5  # of the colours beside the gradients


def features(pixels: np.ndarray) -> np.ndarray:
    """Histograms of oriented gradients, and of each channel's values, ``(N, F)`` float32.

    Args:
        pixels: ``(N, C, S, S)`` uint8.
    """
    found = [np.concatenate([_unit(hog(_grey(x))), SHARE * _unit(_colours(x))]) for x in pixels]
    return np.stack(found).astype(np.float32)


def hog(grey: np.ndarray) -> np.ndarray:
    """Histograms of oriented gradients (Dalal & Triggs 2005), flat.

    Gradients are central differences, 0 at the border; each pixel votes with its magnitude for the
    one of nine unsigned orientations that it lies in; cells of 8 × 8 pixels; blocks of 2 × 2 cells,
    a cell apart, normalised by L2-Hys.

    Args:
        grey: ``(H, W)``, of which whole cells are read.
    """
    down, right = np.zeros((2, *grey.shape))
    down[1:-1] = grey[2:] - grey[:-2]
    right[:, 1:-1] = grey[:, 2:] - grey[:, :-2]
    angle = np.rad2deg(np.arctan2(down, right)) % 180
    which = (angle * ORIENTATIONS / 180).astype(np.int64) % ORIENTATIONS
    votes = np.hypot(down, right)[..., None] * (which[..., None] == np.arange(ORIENTATIONS))
    rows, columns = (side // CELL for side in grey.shape)
    votes = votes[: rows * CELL, : columns * CELL]
    cells = votes.reshape(rows, CELL, columns, CELL, ORIENTATIONS).mean((1, 3))
    blocks = np.lib.stride_tricks.sliding_window_view(cells, (BLOCK, BLOCK), (0, 1))
    blocks = np.moveaxis(blocks, 2, -1).reshape(-1, BLOCK * BLOCK * ORIENTATIONS)
    blocks = np.minimum(_unit(blocks), CLIP)
    return _unit(blocks).ravel()


def _grey(pixels: np.ndarray) -> np.ndarray:
    """A picture ``(C, S, S)`` in grey, ``(64, 64)`` from 0 to 1."""
    grey = Image.fromarray(pixels.mean(0).round().astype(np.uint8))
    side = (SIDE, SIDE)
    return np.asarray(grey.resize(side, Image.Resampling.BILINEAR), np.float64) / 255


def _colours(pixels: np.ndarray) -> np.ndarray:
    """How often each sixteenth of a channel's values comes, ``(C · 16,)``."""
    return np.concatenate(
        [np.bincount(channel.ravel() // (256 // BINS), minlength=BINS) for channel in pixels]
    )


def _unit(vectors: np.ndarray) -> np.ndarray:
    """Vectors of length 1, or 0 as they are."""
    return vectors / np.sqrt(np.square(vectors).sum(-1, keepdims=True) + 1e-10)
