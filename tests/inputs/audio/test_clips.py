"""Sound files are read whole and at one rate, or refused with a reason."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile

from weitiao.inputs.audio.clips import UnreadableSound, read_clip

RATE = 16_000
TONE = np.sin(2 * np.pi * 440 * np.arange(RATE) / RATE).astype(np.float32)
HEAD = 44
"""Bytes of the head of a WAV of 16 bits; the size of what follows stands in its last four."""


def written(
    folder: Path, samples: np.ndarray, name: str = "a.wav", rate: int = RATE, **how: str
) -> Path:
    soundfile.write(folder / name, samples, rate, **how)
    return folder / name


@pytest.mark.parametrize("name", ["a.wav", "a.flac", "a.ogg", "a.mp3"])
def test_every_format_is_the_same_sound(name: str, tmp_path: Path) -> None:
    found = read_clip(written(tmp_path, TONE / 2, name), RATE)
    assert found.dtype == np.float32
    assert len(found) == RATE
    assert np.corrcoef(found, TONE)[0, 1] > 0.98  # two of them lose some of it
    assert np.abs(found).max() == pytest.approx(0.5, abs=0.05)


@pytest.mark.parametrize("kind", ["PCM_U8", "PCM_16", "PCM_24", "PCM_32", "FLOAT", "DOUBLE"])
def test_numbers_of_any_width_are_the_same_sound(kind: str, tmp_path: Path) -> None:
    found = read_clip(written(tmp_path, TONE / 2, subtype=kind), RATE)
    np.testing.assert_allclose(found, TONE / 2, atol=1 / 64 if kind == "PCM_U8" else 1e-4)


def test_floats_beyond_one_stay(tmp_path: Path) -> None:
    found = read_clip(written(tmp_path, 3 * TONE, subtype="FLOAT"), RATE)
    assert np.abs(found).max() == pytest.approx(3, abs=0.01)


def test_channels_are_averaged(tmp_path: Path) -> None:
    both = np.stack([TONE, TONE / 3], 1)
    found = read_clip(written(tmp_path, both, subtype="FLOAT"), RATE)
    np.testing.assert_allclose(found, TONE * 2 / 3, atol=1e-6)


@pytest.mark.parametrize("rate", [8_000, 22_050, 44_100])
def test_another_rate_is_the_same_sound(rate: int, tmp_path: Path) -> None:
    tone = np.sin(2 * np.pi * 440 * np.arange(rate) / rate)
    found = read_clip(written(tmp_path, tone, rate=rate, subtype="FLOAT"), RATE)
    assert len(found) == RATE
    middle = slice(RATE // 4, -RATE // 4)  # at its ends a filter sees silence
    np.testing.assert_allclose(found[middle], TONE[middle], atol=2e-3)


def in_half(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def sized(size: int) -> Callable[[Path], None]:
    """Lets the head of a WAV name another size of what follows."""

    def write(path: Path) -> None:
        content = bytearray(path.read_bytes())
        content[HEAD - 4 : HEAD] = size.to_bytes(4, "little")
        content[4:8] = min(size + HEAD - 8, 2**32 - 1).to_bytes(4, "little")
        path.write_bytes(content)

    return write


@pytest.mark.parametrize(
    ("name", "harm", "reason"),
    [
        ("a.wav", in_half, r"is cut off: its head names 16,0\d\d bytes more than there are"),
        ("a.mp3", in_half, r"is cut off: [\d,]+ of 16,000 samples are there"),
        ("a.flac", in_half, "is no sound, or is broken: "),
        ("a.ogg", in_half, "is no sound, or is broken: "),
        ("a.wav", lambda path: path.write_bytes(b""), "is no sound, or is broken: "),
        ("a.wav", lambda path: path.write_text("text", "utf-8"), "broken: Format not recognised"),
        ("a.wav", lambda path: path.unlink(), "there is no such file"),
        ("a.wav", sized(0), "has no samples"),
    ],
)
def test_what_is_not_whole_is_refused(
    name: str, harm: Callable[[Path], object], reason: str, tmp_path: Path
) -> None:
    path = written(tmp_path, TONE / 2, name)
    harm(path)
    with pytest.raises(UnreadableSound, match=reason):
        read_clip(path, RATE)


@pytest.mark.parametrize("size", [0x7FFFFFFF, 0xFFFFFFFF])
def test_a_head_that_was_written_before_the_sound_is_no_fault(size: int, tmp_path: Path) -> None:
    path = written(tmp_path, TONE / 2, subtype="PCM_16")
    sized(size - (HEAD - 8 if size == 0x7FFFFFFF else 0))(path)
    assert len(read_clip(path, RATE)) == RATE


def test_numbers_that_are_none_are_refused(tmp_path: Path) -> None:
    path = written(tmp_path, np.full(100, np.nan), subtype="FLOAT")
    with pytest.raises(UnreadableSound, match="samples that are no numbers"):
        read_clip(path, RATE)
