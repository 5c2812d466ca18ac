"""A picture as a square of pixels, and as 64 bits that resemble those of pictures like it."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageOps

from weitiao.inputs.image.card import ImageInput

_METHODS = {
    "nearest": Image.Resampling.NEAREST,
    "bilinear": Image.Resampling.BILINEAR,
    "bicubic": Image.Resampling.BICUBIC,
    "lanczos": Image.Resampling.LANCZOS,
}


def pixels(image: Image.Image, card: ImageInput) -> np.ndarray:
    """``(C, S, S)`` uint8 of a picture that was decoded.

    Where it is made smaller, each pixel is a mean of those that it stands for (Pillow's filters
    widen; those of torch and OpenCV skip pixels unless told otherwise). A border that is added is
    white.
    """
    image = image.convert("L" if card.channels == 1 else "RGB")
    side, method = (card.size, card.size), _METHODS[card.interpolation]
    if card.square == "crop":
        image = ImageOps.fit(image, side, method)
    elif card.square == "pad":
        image = ImageOps.pad(image, side, method, color="white")
    else:
        image = image.resize(side, method)
    array = np.asarray(image, np.uint8).reshape(card.size, card.size, card.channels)
    return np.ascontiguousarray(array.transpose(2, 0, 1))


THUMBNAIL = 16  # pixels a side


def thumbnail(image: Image.Image) -> np.ndarray:
    """``(16, 16)`` uint8: the picture in grey, each pixel a mean."""
    side = (THUMBNAIL, THUMBNAIL)
    return np.asarray(image.convert("L").resize(side, Image.Resampling.BOX), np.uint8)


def difference_hash(image: Image.Image) -> int:
    """64 bits: whether each of 8 × 8 cells is brighter than the one to its left.

    Pictures that were scaled or compressed anew differ by a few bits (Krawetz 2013, "dHash").
    """
    cells = np.asarray(image.convert("L").resize((9, 8), Image.Resampling.BOX), np.int16)
    bits = np.packbits(cells[:, 1:] > cells[:, :-1])
    return int.from_bytes(bits.tobytes(), "big")
