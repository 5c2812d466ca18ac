"""The picture input: which column names the files, and each step from a file to pixels."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pyarrow as pa

from weitiao.config.bounds import at_least
from weitiao.errors import ConfigError
from weitiao.inputs import FittedInput, Input, Targets
from weitiao.inputs.image.augment import Augment
from weitiao.inputs.image.card import ImageInput, Interpolation, Square

if TYPE_CHECKING:
    from weitiao.inputs.image.opening import PictureOpener

_GIB = 2**30


@dataclass(frozen=True)
class Image(Input):
    """Pictures, decoded and resized once.

    Args:
        path: column of the file of a picture, relative to the folder of the table that names it.
            A folder of pictures, with one for each class in it, is such a table itself.
        size: side of the square that a picture becomes, in pixels.
        colours: red, green and blue, or grey alone.
        square: how a picture that is no square becomes one: stretched, cut to its middle, or with a
            white border.
        interpolation: between the pixels of a picture; when it becomes smaller, over all of them.
        mean: of the channels, of values from 0 to 1, which is subtracted; null = of the training
            rows.
        deviation: of the channels, by which they are divided; null likewise.
        augment: changed training pictures; null = none.
        cache_limit: most GiB that the pixels of all rows may take in the cache, on the disk.

    Raises:
        ConfigError: a value is out of bounds.
    """

    path: str = "path"
    size: int = 64
    colours: Literal["rgb", "grey"] = "rgb"
    square: Square = "stretch"
    interpolation: Interpolation = "bilinear"
    mean: list[float] | None = None
    deviation: list[float] | None = None
    augment: Augment | None = None
    cache_limit: float = 20.0

    def __post_init__(self) -> None:
        at_least(8, size=self.size)
        for name in ("mean", "deviation"):
            values = getattr(self, name)
            if values is not None and len(values) != self.channels:
                problem = f"has {len(values)} values, and pictures {self.channels} channels"
                raise ConfigError(problem, field=name)
        if self.deviation is not None and min(self.deviation) <= 0:
            raise ConfigError("must be above 0", field="deviation")

    @property
    def channels(self) -> int:
        """``C``."""
        return 3 if self.colours == "rgb" else 1

    @property
    def shown_as(self) -> str:
        """As the column of a folder of pictures is called."""
        return "path"

    @property
    def counted_in(self) -> str:
        """The pixels of a picture as it was."""
        return "pixels"

    @property
    def recipe(self) -> str:
        """A small network from scratch."""
        return "pictures"

    @property
    def columns(self) -> dict[str, str]:
        """Role → column of the file."""
        return {"text": self.path}

    @property
    def opener(self) -> PictureOpener:
        """Looks into the pictures while rows are read."""
        from weitiao.inputs.image.opening import PictureOpener

        return PictureOpener()

    @property
    def times(self) -> int | None:
        """Each row comes once in an epoch, changed or not."""
        return None if self.augment is None else 1

    def shaping(self) -> Image:
        """The same without what shapes no pixel."""
        return replace(self, augment=None, cache_limit=Image.cache_limit)

    def keys(self, table: pa.Table) -> Iterator[str]:
        """The decoded pixels, of which a hash stands for all."""
        yield from table["digest"].to_pylist()

    def sizes(self, table: pa.Table) -> np.ndarray:
        """Pixels of each picture as it was."""
        sides = (table[name].to_numpy().astype(np.int64) for name in ("width", "height"))
        return next(sides) * next(sides)

    def card(self) -> ImageInput:
        """The card, without mean and deviation where they are yet to be measured."""
        given = self.mean or (), self.deviation or ()
        return ImageInput(self.channels, self.size, self.square, self.interpolation, *given)

    def fit(
        self,
        tables: Mapping[str, pa.Table],
        targets: Targets,
        folder: Any,
        begin: Callable[[str], None],
    ) -> FittedInput:
        """See that the pixels fit into the cache, and look for pictures that are nearly the same.

        Raises:
            ConfigError: the cache would be larger than it may be.
        """
        from weitiao.inputs.image.fitted import FittedImage
        from weitiao.inputs.image.near_duplicates import near_duplicates

        card, rows = self.card(), sum(table.num_rows for table in tables.values())
        if (needed := rows * int(np.prod(card.shape)) / _GIB) > self.cache_limit:
            raise ConfigError(
                f": {rows:,} pictures take {needed:.1f} GiB of the cache, more than"
                f" {self.cache_limit:g}",
                field="cache_limit",
                hint=f"{{--cache_limit}} {np.ceil(needed):g}; a smaller {{--size}}",
            )
        begin("look for pictures that are nearly the same")
        found = near_duplicates(tables)
        begin(f"decode {rows:,} pictures")
        return FittedImage(self, card, {"near_duplicates": found})

    def from_state(self, state: Mapping[str, Any], card: ImageInput) -> FittedInput:
        """The fitted input that a checkpoint keeps: all of it stands in the card."""
        from weitiao.inputs.image.fitted import FittedImage

        return FittedImage(self, card)
