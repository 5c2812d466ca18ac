"""Sound files → samples of one channel at one rate."""

from __future__ import annotations

import math
import os
from pathlib import Path

import numpy as np

from weitiao.errors import MissingExtra

RIFF = 8
"""Bytes before those that the head of a WAV counts."""
STREAMED = (0, 0x7FFFFFFF, 0xFFFFFFFF)
"""What programs write there that don't know yet how much will follow, rounded or not."""


class UnreadableSound(ValueError):
    """A file that is no sound, or not the whole of one.

    Args:
        reason: what is wrong with it.
        hint: the way out.
    """

    def __init__(self, reason: str, hint: str | None = None) -> None:
        super().__init__(reason)
        self.hint = hint


def read_clip(path: Path, rate: int) -> np.ndarray:
    """The samples of a sound, ``(N,)`` float32, mostly in [-1, 1], its channels averaged.

    Anything that libsndfile reads: WAV and FLAC of 8 to 32 bits or floats, OGG, MP3.

    Args:
        rate: samples a second; a sound of another rate is resampled (scipy's polyphase filter).

    Raises:
        UnreadableSound: there is none, or it is cut off, or has no samples, or some that are no
            numbers.
        MissingExtra: soundfile is not installed.
    """
    try:
        import soundfile
    except ImportError as error:
        raise MissingExtra("soundfile", "sound", "a sound") from error
    if not path.is_file():
        raise UnreadableSound("there is no such file")
    try:
        with soundfile.SoundFile(os.fspath(path)) as file:
            own, expected = file.samplerate, file.frames
            samples: np.ndarray = file.read(dtype="float32", always_2d=True)
    except soundfile.LibsndfileError as error:
        raise UnreadableSound(f"is no sound, or is broken: {_reason(error)}") from error
    # of MP3 and WAV, half a file is read as if nothing were missing: findings/half_a_sound_file.sh
    if len(samples) < expected:
        raise UnreadableSound(f"is cut off: {len(samples):,} of {expected:,} samples are there")
    if (missing := _missing_bytes(path)) > 0:
        raise UnreadableSound(f"is cut off: its head names {missing:,} bytes more than there are")
    if not len(samples):
        raise UnreadableSound("has no samples")
    mono: np.ndarray = samples.mean(1, dtype=np.float32)
    if not np.isfinite(mono).all():
        raise UnreadableSound("has samples that are no numbers")
    return mono if own == rate else _resampled(mono, own, rate)


def _resampled(samples: np.ndarray, own: int, rate: int) -> np.ndarray:
    from scipy.signal import resample_poly

    common = math.gcd(own, rate)
    found: np.ndarray = resample_poly(samples, rate // common, own // common)
    return found.astype(np.float32)


def _missing_bytes(path: Path) -> int:
    """How many bytes the head of a WAV names beyond those of the file; none of other formats."""
    with path.open("rb") as file:
        head = file.read(RIFF)
    if head[:4] != b"RIFF":
        return 0
    named = int.from_bytes(head[4:], "little")
    if any(0 <= mark - named < 4096 for mark in STREAMED):
        return 0
    return named + RIFF - path.stat().st_size


def _reason(error: Exception) -> str:
    """What libsndfile says, without the path."""
    return str(error).rpartition(": ")[2].strip() or "libsndfile can't tell why"
