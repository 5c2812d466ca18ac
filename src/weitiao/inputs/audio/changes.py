"""Changed spectrograms for training: another speed, parts hidden."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from weitiao.config.bounds import at_least, shares


@dataclass(frozen=True)
class Changes:
    """What a training clip goes through, drawn anew in each epoch; never of other splits.

    Speed (Ko et al. 2015) is changed by frames, which leaves pitches as they are; bands are warped
    as if another throat had spoken (Jaitly & Hinton 2013, "VTLP"); then bands and frames are hidden
    behind their mean, 0 (Park et al. 2019, "SpecAugment").

    Args:
        speed: up to this share faster or slower.
        warp: up to this share higher or lower.
        bands: most neighbouring bands that a mask hides, as a share of them.
        frames: most frames that a mask hides, as a share of the clip's.
        masks: how many there are of either kind.
    """

    speed: float = 0.1
    warp: float = 0.1
    bands: float = 0.15
    frames: float = 0.15
    masks: int = 2

    def __post_init__(self) -> None:
        shares(speed=self.speed, warp=self.warp, bands=self.bands, frames=self.frames)
        at_least(0, masks=self.masks)

    def __call__(self, clip: np.ndarray, drawn: np.random.Generator) -> np.ndarray:
        """``(T, bands)`` → ``(T', bands)`` float32."""
        frames = max(1, round(len(clip) / drawn.uniform(1 - self.speed, 1 + self.speed)))
        clip = _between(clip, np.linspace(0, len(clip) - 1, frames))
        warp, bands = drawn.uniform(1 - self.warp, 1 + self.warp), clip.shape[1]
        clip = _between(clip.T, np.minimum(np.arange(bands) * warp, bands - 1)).T
        for axis, share in ((0, self.frames), (1, self.bands)):
            for _ in range(self.masks):
                size = round(drawn.uniform(0, share) * clip.shape[axis])
                first = drawn.integers(0, clip.shape[axis] - size + 1)
                clip.swapaxes(0, axis)[first : first + size] = 0
        return clip


def _between(values: np.ndarray, places: np.ndarray) -> np.ndarray:
    """Rows at places that needn't be whole, each between its two nearest: a copy, float32."""
    before = places.astype(int)
    after, share = np.minimum(before + 1, len(values) - 1), (places - before)[:, None]
    found = values[before] * (1 - share) + values[after] * share
    return found.astype(np.float32)
