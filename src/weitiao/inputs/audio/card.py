"""The card of sounds: how samples become what a model reads."""

from __future__ import annotations

from dataclasses import dataclass

from weitiao.card import InputCard
from weitiao.inputs.audio.log_mel import LogMel


@dataclass(frozen=True)
class SoundInput(InputCard):
    """What a model must know of sounds.

    Args:
        rate: as of `LogMel`, like all of these.
        bands: of a frame.
        window: in milliseconds.
        step: likewise.
        deviation: of the numbers of the training rows, by which all are divided; 0 = not yet known.
    """

    rate: int
    bands: int
    window: float
    step: float
    deviation: float = 0.0

    @property
    def log_mel(self) -> LogMel:
        """What makes spectrograms of samples."""
        return LogMel(self.rate, self.bands, self.window, self.step)
