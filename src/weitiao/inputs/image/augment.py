"""Augmentation of pictures: each change is drawn by seed, epoch and slot."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from weitiao.config.bounds import at_least, shares
from weitiao.errors import ConfigError

if TYPE_CHECKING:
    from torch import Tensor

ASPECT = 4 / 3  # of a crop at most, or its inverse (Szegedy et al. 2015)
ERASED = (0.02, 0.2)  # share of the area that is erased (Zhong et al. 2020: up to 0.33)


class Change(NamedTuple):
    """What becomes of a picture.

    Args:
        grid: from places of the new picture to places of the old one: the rows of a 2 × 3 matrix,
            on squares from -1 to 1; null = every place stays.
        light: what contrast, brightness and saturation are multiplied by; null = nothing is.
        hole: top, left, height and width of what is erased, as shares; null = nothing is.
    """

    grid: tuple[tuple[float, float, float], tuple[float, float, float]] | None
    light: tuple[float, float, float] | None
    hole: tuple[float, float, float, float] | None

    @property
    def nothing(self) -> bool:
        """Whether the picture stays as it is."""
        return self.grid is None and self.light is None and self.hole is None


@dataclass(frozen=True)
class Augment:
    """How training pictures are changed, anew in each epoch, the same after a resume.

    Args:
        flip: how often a picture is mirrored, left to right; 0 where sides mean something, as of
            characters.
        crop: least share of its area that is cut out of a picture and enlarged; 1 = all of it.
        turn: most degrees by which it is turned; what comes in from outside repeats the border.
        colour: how much contrast, brightness and saturation vary: 0.4 = from 0.6 to 1.4 times.
        erase: how often a rectangle of it is erased (Zhong et al. 2020).
    """

    flip: float = 0.5
    crop: float = 0.6
    turn: float = 0.0
    colour: float = 0.0
    erase: float = 0.0

    def __post_init__(self) -> None:
        shares(colour=self.colour)
        at_least(0, turn=self.turn)
        for name in ("flip", "erase"):
            if not 0 <= (value := getattr(self, name)) <= 1:
                raise ConfigError(f"is a probability, got {value}", field=name)
        if not 0 < self.crop <= 1:
            raise ConfigError(f"is a share, above 0, got {self.crop}", field="crop")

    def draw(self, random: np.random.Generator) -> Change:
        """What becomes of a picture, by random numbers of its own."""
        flip, where, turn, light, hole = (random.random(n) for n in (1, 4, 1, 3, 5))
        return Change(
            self._grid(flip[0] < self.flip, where, turn[0]),
            tuple((1 + self.colour * (2 * light - 1)).tolist()) if self.colour else None,
            _hole(hole) if hole[4] < self.erase else None,
        )

    def _grid(
        self, flip: bool, where: np.ndarray, turn: float
    ) -> tuple[tuple[float, float, float], tuple[float, float, float]] | None:
        if not flip and self.crop == 1 and not self.turn:
            return None
        width = height = 1.0
        if self.crop < 1:
            area = self.crop + (1 - self.crop) * where[0]
            aspect = ASPECT ** (2 * where[1] - 1)
            width, height = min(1, math.sqrt(area * aspect)), min(1, math.sqrt(area / aspect))
        x, y = (1 - width) * (2 * where[2] - 1), (1 - height) * (2 * where[3] - 1)
        angle = math.radians(self.turn * (2 * turn - 1))
        sine, cosine, side = math.sin(angle), math.cos(angle), -1 if flip else 1
        row = width * cosine * side, -width * sine, x
        return row, (height * sine * side, height * cosine, y)

    def changed(self, pixels: Tensor, changes: Sequence[Change]) -> Tensor:
        """Pictures cut, turned, mirrored and in another light.

        Args:
            pixels: ``(B, C, S, S)`` from 0 to 1.
        """
        import torch
        from torch.nn import functional as F

        moved = [i for i, change in enumerate(changes) if change.grid is not None]
        if moved:
            grids = torch.tensor([changes[i].grid for i in moved], dtype=pixels.dtype)
            old = pixels[moved]
            places = F.affine_grid(grids, list(old.shape), align_corners=False)
            pixels[moved] = F.grid_sample(old, places, padding_mode="border", align_corners=False)
        if self.colour:
            factors = torch.tensor([change.light for change in changes], dtype=pixels.dtype)
            pixels = _relit(pixels, *(f.view(-1, 1, 1, 1) for f in factors.unbind(1)))
        return pixels

    def erased(self, pixels: Tensor, changes: Sequence[Change]) -> Tensor:
        """Pictures with holes, in which there is the mean of all pictures.

        Args:
            pixels: ``(B, C, S, S)``, of mean 0.
        """
        side = pixels.shape[-1]
        for picture, change in zip(pixels, changes, strict=True):
            if change.hole is not None:
                top, left, height, width = (round(share * side) for share in change.hole)
                picture[:, top : top + height, left : left + width] = 0
        return pixels


def _hole(drawn: np.ndarray) -> tuple[float, float, float, float]:
    area = ERASED[0] + (ERASED[1] - ERASED[0]) * drawn[0]
    aspect = 3 ** (2 * drawn[1] - 1)
    height, width = math.sqrt(area * aspect), math.sqrt(area / aspect)
    return float(drawn[2] * (1 - height)), float(drawn[3] * (1 - width)), height, width


def _relit(pixels: Tensor, contrast: Tensor, brightness: Tensor, saturation: Tensor) -> Tensor:
    grey = pixels.mean(1, keepdim=True)
    pixels = grey + (pixels - grey) * saturation
    mean = pixels.mean((1, 2, 3), keepdim=True)
    return (((pixels - mean) * contrast + mean) * brightness).clamp(0, 1)
