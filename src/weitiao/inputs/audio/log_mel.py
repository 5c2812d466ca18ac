"""Samples → how loud each band of pitches is over time."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from weitiao.config.bounds import at_least
from weitiao.errors import ConfigError

FLOOR = 1e-7
"""The least energy of a band: silence has a logarithm as well."""


@dataclass(frozen=True)
class LogMel:
    """Logarithms of the energy in bands of the mel scale.

    Args:
        rate: samples a second; sounds of other rates are resampled.
        bands: how many there are, from 20 Hz to half the rate (Slaney's scale and norm).
        window: milliseconds that a frame sees.
        step: milliseconds from frame to frame.
    """

    rate: int = 16_000
    bands: int = 64
    window: float = 25.0
    step: float = 10.0

    def __post_init__(self) -> None:
        at_least(1000, rate=self.rate)
        at_least(1, bands=self.bands)
        if not 0 < self.step <= self.window:
            problem = f": {self.step} ms isn't above 0, or leaves gaps between windows"
            raise ConfigError(problem, field="step", hint="at most {--window}")
        if not self._filters.any(0).all():
            problem = f": some of {self.bands} bands hold no frequency of a window"
            raise ConfigError(problem, field="bands", hint="fewer, or a longer {--window}")

    def __call__(self, samples: np.ndarray) -> np.ndarray:
        """``(N,)`` → ``(T, bands)`` float32; what is shorter than a window is filled with zeros."""
        size, step = (round(self.rate * ms / 1000) for ms in (self.window, self.step))
        whole = np.pad(samples, (0, max(0, size - len(samples))))
        windows = np.lib.stride_tricks.sliding_window_view(whole, size)[::step]
        spectrum = np.fft.rfft(windows * np.hanning(size).astype(np.float32), self._points)
        energy = (np.abs(spectrum) ** 2).astype(np.float32) @ self._filters
        found: np.ndarray = np.log(np.maximum(energy, FLOOR))
        return found

    @property
    def _points(self) -> int:
        return 2 ** int(np.ceil(np.log2(self.rate * self.window / 1000)))

    @cached_property
    def _filters(self) -> np.ndarray:
        """``(frequencies, bands)``."""
        from transformers.audio_utils import mel_filter_bank

        found: np.ndarray = mel_filter_bank(
            num_frequency_bins=self._points // 2 + 1,
            num_mel_filters=self.bands,
            min_frequency=20.0,
            max_frequency=self.rate / 2,
            sampling_rate=self.rate,
            norm="slaney",
            mel_scale="slaney",
        )
        return found.astype(np.float32)
