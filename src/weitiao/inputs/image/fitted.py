"""A picture input that has seen the training rows: files to pixels, and how pixels are scaled."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from weitiao.errors import DataError
from weitiao.inputs import FittedInput
from weitiao.inputs.image.card import ImageInput
from weitiao.inputs.image.decoding import PictureFault, decode
from weitiao.inputs.image.features import features
from weitiao.inputs.image.found import Found
from weitiao.inputs.image.image import Image
from weitiao.inputs.image.near_duplicates import lines
from weitiao.inputs.image.resizing import pixels
from weitiao.inputs.image.rows import ChangedPictures, PictureRows, array_of
from weitiao.io.tables.opened import folder_of

IN_MEMORY = 2**26
"""Bytes of pixels beyond which they wait in a file of the temporary folder."""
AT_ONCE = 256  # pictures whose pixels are counted together
FLAT = 1e-3  # a deviation below it is of pictures of one colour: nothing to divide by


class FittedImage(FittedInput):
    """A picture input that has seen the training rows.

    Args:
        report: further parts of the audit.
    """

    card: ImageInput

    def __init__(
        self, options: Image, card: ImageInput, report: Mapping[str, Any] | None = None
    ) -> None:
        self.options, self.card, self._report = options, card, dict(report or {})

    def encode(self, table: pa.Table) -> pa.Table:
        """The pixels of a table's pictures, ``C · S · S`` bytes each.

        Raises:
            DataError: a picture has changed since it was looked into.
        """
        found = _room(table.num_rows, self.card)
        folders: dict[str, Path] = {}
        places = zip(*(table[name].to_pylist() for name in ("file", "text")), strict=True)
        for place, (source, cell) in enumerate(places):
            folder = folders.setdefault(source, folder_of(source))
            try:
                found[place] = pixels(decode(folder / cell), self.card)
            except PictureFault as fault:
                row = table["row"][place].as_py()
                column, hint = self.options.path, fault.hint
                where = {"file": source, "row": row, "column": column, "value": cell}
                raise DataError(fault.reason, **where, hint=hint) from fault
        kind = pa.binary(int(np.prod(self.card.shape)))
        buffers = [None, pa.py_buffer(found)]
        array = pa.FixedSizeBinaryArray.from_buffers(kind, table.num_rows, buffers)
        return pa.Table.from_arrays([array], names=["pixels"])

    def examine(self, encoded: pa.Table, table: pa.Table, *, training: bool) -> dict[str, Any]:
        """Count pictures that are blank, tiny or of an odd shape; measure those of training."""
        if training:
            self._measure(array_of(encoded, self.card))
        return asdict(Found.of(array_of(encoded, self.card), table))

    def _measure(self, all_pixels: np.ndarray) -> None:
        """Take mean and deviation of the channels of training rows, as far as none are given."""
        sums = np.zeros((2, self.card.channels))
        for start in range(0, len(all_pixels), AT_ONCE):
            part = all_pixels[start : start + AT_ONCE] / 255.0
            sums += part.sum((0, 2, 3)), np.square(part).sum((0, 2, 3))
        mean, squares = sums / (len(all_pixels) * self.card.size**2)
        deviation = np.sqrt(np.maximum(squares - mean**2, 0))
        deviation = np.where(deviation < FLAT, 1.0, deviation)
        measured = {"mean": mean.tolist(), "deviation": deviation.tolist()}
        missing = {name: v for name, v in measured.items() if not getattr(self.card, name)}
        self.card = replace(self.card, **missing)

    def joined(self, found: dict[str, Any], more: dict[str, Any]) -> dict[str, Any]:
        """The counts of both."""
        return asdict(Found(**found) + Found(**more))

    def finish(
        self, encoded: Mapping[str, pa.Table], folder: Path, begin: Callable[[str], None]
    ) -> dict[str, Any]:
        """Report on pictures that are nearly the same."""
        super().finish(encoded, folder, begin)
        return self._report

    def rows(self, encoded: pa.Table) -> PictureRows:
        """The pictures as they are."""
        return PictureRows(encoded, self.card)

    def changed_rows(self, encoded: pa.Table, table: pa.Table, seed: int) -> ChangedPictures:
        """The pictures under augmentation."""
        assert self.options.augment is not None
        return ChangedPictures(encoded, self.card, self.options.augment, seed)

    def baseline_features(self, encoded: pa.Table) -> np.ndarray:
        """Histograms of oriented gradients and of colours, ``(N, F)``."""
        return features(array_of(encoded, self.card))

    def handling(self, report: Mapping[str, Any], rows: Mapping[str, int]) -> Iterator[str]:
        """Lines on how pictures are resized, and on which of them are doubtful."""
        card = self.card
        mean, deviation = (
            ", ".join(f"{x:.3f}" for x in values) for values in (card.mean, card.deviation)
        )
        yield (
            f"pictures: {card.size} × {card.size} × {card.channels}, {card.square},"
            f" {card.interpolation}; mean {mean}, deviation {deviation}"
        )
        yield from Found.lines({s: Found(**each) for s, each in report["encode"].items()})
        yield from lines(report.get("near_duplicates", {}))

    def of_new_rows(self, split: str, found: Mapping[str, Any]) -> Iterator[str]:
        """Lines on doubtful ones among pictures that are new to a checkpoint."""
        yield from Found.lines({split: Found(**found)})


def _room(rows: int, card: ImageInput) -> np.ndarray:
    """Where pixels of so many pictures go: ``(N, C, S, S)`` uint8."""
    shape = (rows, *card.shape)
    if np.prod(shape, dtype=np.int64) <= IN_MEMORY:
        return np.empty(shape, np.uint8)
    with tempfile.TemporaryFile(prefix="weitiao-") as file:  # which lives as long as its map
        return np.memmap(file, np.uint8, "w+", shape=shape)
