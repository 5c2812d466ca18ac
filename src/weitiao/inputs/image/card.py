"""The card of pictures: how pixels become what a model reads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from weitiao.card import InputCard

Square = Literal["stretch", "crop", "pad"]
Interpolation = Literal["nearest", "bilinear", "bicubic", "lanczos"]


@dataclass(frozen=True)
class ImageInput(InputCard):
    """What a model must know of pictures.

    Args:
        channels: ``C``: 3 = red, green, blue; 1 = grey.
        size: ``S``: a picture is ``(C, S, S)``.
        square: how one that is no square becomes one.
        interpolation: between its pixels.
        mean: of each channel, of values from 0 to 1: it is subtracted.
        deviation: of each channel, likewise: what is left is divided by it.
    """

    channels: int
    size: int
    square: Square
    interpolation: Interpolation
    mean: Sequence[float] = ()
    deviation: Sequence[float] = ()

    def __post_init__(self) -> None:
        for name in ("mean", "deviation"):  # JSON has lists
            object.__setattr__(self, name, tuple(map(float, getattr(self, name))))

    @property
    def shape(self) -> tuple[int, int, int]:
        """``(C, S, S)``."""
        return self.channels, self.size, self.size
