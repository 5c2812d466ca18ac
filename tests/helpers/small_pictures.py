"""Small pictures of two classes, stripes across and stripes down, as files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
from PIL import Image

from weitiao.card import DataCard
from weitiao.inputs.image import ImageInput
from weitiao.inputs.image.opening import PictureOpener
from weitiao.targets.one_class import ClassTarget

CLASSES = ("across", "down")


def stripes(label: str, seed: int, side: int = 20) -> Image.Image:
    """Coloured stripes of a random width and place, with noise."""
    random = np.random.default_rng((seed, CLASSES.index(label)))
    colours = random.integers(0, 256, (2, 3))
    colours[1] = (colours[0] + 128) % 256
    which = (np.arange(side) + random.integers(8)) // random.integers(2, 5) % 2
    rows = np.broadcast_to(colours[which][:, None], (side, side, 3))
    noise = random.integers(-20, 21, rows.shape)
    pixels = (rows + noise).clip(0, 255).astype(np.uint8)
    return Image.fromarray(pixels if label == "across" else pixels.transpose(1, 0, 2).copy())


def write_pictures(folder: Path, each: int, seed: int = 0) -> Path:
    """A folder with so many pictures of each class."""
    for label in CLASSES:
        (folder / label).mkdir(parents=True)
        for number in range(each):
            stripes(label, seed + number).save(folder / label / f"{number:03}.png")
    return folder


def table_of(folder: Path, cells: list[str]) -> pa.Table:
    """Rows of pictures as reading gives them."""
    found = PictureOpener().open(folder, cells)
    assert not found.faults
    rows = {"text": cells, "file": [str(folder)] * len(cells), "row": range(1, len(cells) + 1)}
    return pa.Table.from_pydict({**rows, **found.arrays})


def picture_card(size: int = 16, channels: int = 3, classes: int = 2) -> DataCard:
    """A card of small pictures."""
    scale = (0.5,) * channels
    pictures = ImageInput(channels, size, "stretch", "bilinear", scale, scale)
    return DataCard(
        pictures, ClassTarget([*map(str, range(classes))], [10] * classes), {"train": 9}
    )
