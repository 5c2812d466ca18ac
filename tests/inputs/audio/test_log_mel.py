"""Spectrograms say which pitches are heard when."""

from __future__ import annotations

import numpy as np
import pytest

from weitiao.errors import ConfigError
from weitiao.inputs.audio.log_mel import FLOOR, LogMel

RATE = 16_000


def tone(hertz: float, seconds: float = 1.0) -> np.ndarray:
    return np.sin(2 * np.pi * hertz * np.arange(round(RATE * seconds)) / RATE).astype(np.float32)


def test_it_is_that_of_transformers() -> None:
    from transformers.audio_utils import mel_filter_bank, spectrogram

    sound = tone(440) + tone(3000) / 4
    bank = mel_filter_bank(257, 64, 20.0, 8000.0, RATE, norm="slaney", mel_scale="slaney")
    theirs = spectrogram(
        sound,
        np.hanning(400),
        frame_length=400,
        hop_length=160,
        fft_length=512,
        power=2.0,
        center=False,
        mel_filters=bank,
        mel_floor=FLOOR,
        log_mel="log",
    )
    np.testing.assert_allclose(LogMel()(sound), theirs.T, atol=1e-3)


def test_a_higher_tone_is_in_a_higher_band() -> None:
    loudest = [int(LogMel()(tone(hertz)).mean(0).argmax()) for hertz in (200, 400, 800, 1600, 3200)]
    assert loudest == sorted(set(loudest))


@pytest.mark.parametrize(("seconds", "frames"), [(0.001, 1), (0.025, 1), (0.035, 2), (1.0, 98)])
def test_a_frame_comes_each_step_of_whole_windows(seconds: float, frames: int) -> None:
    found = LogMel()(tone(440, seconds))
    assert found.shape == (frames, 64)
    assert found.dtype == np.float32


def test_silence_has_a_logarithm() -> None:
    np.testing.assert_allclose(LogMel()(np.zeros(RATE, np.float32)), np.log(FLOOR))


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"step": 30.0}, "leaves gaps between windows"),
        ({"step": 0.0}, "isn't above 0"),
        ({"bands": 200}, "some of 200 bands hold no frequency of a window"),
        ({"bands": 0}, "bands"),
        ({"rate": 5}, "rate"),
    ],
)
def test_what_makes_no_spectrogram_is_refused(options: dict[str, float], reason: str) -> None:
    with pytest.raises(ConfigError, match=reason):
        LogMel(**options)
