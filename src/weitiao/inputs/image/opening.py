"""Opens the pictures that cells name, while rows are read: what is broken is a bad row."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import pyarrow as pa

from weitiao.inputs.image.decoding import PictureFault, decode
from weitiao.inputs.image.resizing import THUMBNAIL, difference_hash, thumbnail
from weitiao.io.tables.opened import Opened


@dataclass(frozen=True)
class PictureOpener:
    """Looks into pictures: whether they can be read, and what tells them apart."""

    columns: ClassVar[dict[str, pa.DataType]] = {
        "digest": pa.string(),
        "width": pa.int32(),
        "height": pa.int32(),
        "looks": pa.uint64(),
        "thumbnail": pa.binary(THUMBNAIL**2),
    }
    """Hash of the decoded pixels, size once upright, and what pictures that look alike share: a
    hash and a small grey one."""

    def open(self, folder: Path, cells: Sequence[str | None]) -> Opened:
        """What the pictures are like that cells name, relative to a folder."""
        found: list[tuple[Any, ...]] = []
        nothing = (None,) * len(self.columns)
        faults: dict[int, tuple[str, str | None]] = {}
        for place, cell in enumerate(cells):
            try:
                if cell == "":
                    raise PictureFault("no file is named")
                found.append(nothing if cell is None else _of(folder / cell))
            except PictureFault as fault:
                faults[place] = fault.reason, fault.hint
                found.append(nothing)
        values = zip(*found, strict=True) if found else [[] for _ in self.columns]
        arrays = {
            name: pa.array(list(column), kind)
            for (name, kind), column in zip(self.columns.items(), values, strict=True)
        }
        return Opened(arrays, faults)


def _of(path: Path) -> tuple[Any, ...]:
    image = decode(path)
    digest = hashlib.blake2b(f"{image.size}".encode(), digest_size=16)
    digest.update(image.convert("RGB").tobytes())  # grey and the same grey in colours are one
    sides = image.width, image.height
    return digest.hexdigest(), *sides, difference_hash(image), thumbnail(image).tobytes()
