"""Pictures of every kind of file: upright, in 8 bits, without what is hidden."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from weitiao.inputs.image.card import ImageInput
from weitiao.inputs.image.decoding import PictureFault, decode
from weitiao.inputs.image.resizing import pixels

RED, GREEN = (255, 0, 0), (0, 255, 0)


def halves(mode: str, left: Any, right: Any) -> Image.Image:
    """16 × 8: two squares beside each other."""
    image = Image.new(mode, (16, 8), left)
    image.paste(right, (8, 0, 16, 8))
    return image


def saved(folder: Path, image: Image.Image, name: str, **how: Any) -> Path:
    path = folder / name
    image.save(path, **how)
    return path


def seen(path: Path) -> tuple[Any, Any]:
    """What stands in the middle of the left and of the right half."""
    image = decode(path)
    return image.getpixel((4, 4)), image.getpixel((12, 4))


def near(one: tuple[int, ...], other: tuple[int, ...]) -> bool:
    return max(abs(a - b) for a, b in zip(one, other, strict=True)) < 20


@pytest.mark.parametrize("name", ["a.jpg", "a.png", "a.webp"])
def test_formats_of_colours(tmp_path: Path, name: str) -> None:
    left, right = seen(saved(tmp_path, halves("RGB", RED, GREEN), name))
    assert near(left, RED)
    assert near(right, GREEN)


def test_a_palette_shows_its_colours(tmp_path: Path) -> None:
    image = halves("RGB", RED, GREEN).quantize(4)
    assert image.mode == "P"
    assert seen(saved(tmp_path, image, "a.png")) == (RED, GREEN)


def test_sixteen_bits_are_scaled_not_clipped(tmp_path: Path) -> None:
    values = np.full((8, 16), 65535, np.uint16)
    values[:, :8] = 257 * 100
    path = saved(tmp_path, Image.fromarray(values), "a.png")
    with Image.open(path) as image:
        assert image.mode.startswith("I;16")
        assert image.convert("L").getpixel((4, 4)) == 255  # the trap
    assert seen(path) == (100, 255)


def test_what_is_transparent_is_white_whatever_colour_is_hidden_there(tmp_path: Path) -> None:
    image = halves("RGBA", (*RED, 0), (*GREEN, 255))
    assert image.convert("RGB").getpixel((4, 4)) == RED  # the trap
    white = (255, 255, 255)
    assert seen(saved(tmp_path, image, "a.png")) == (white, GREEN)
    assert seen(saved(tmp_path, image, "a.webp", lossless=True)) == (white, GREEN)
    assert seen(saved(tmp_path, halves("LA", (9, 0), (9, 255)), "b.png")) == (255, 9)
    of_palette = halves("RGB", RED, GREEN).quantize(4)
    index = of_palette.getpixel((4, 4))
    path = saved(tmp_path, of_palette, "c.png", transparency=index)
    assert seen(path) == (white, GREEN)


def test_inks_become_light(tmp_path: Path) -> None:
    cyan_yellow = halves("CMYK", (255, 0, 0, 0), (0, 0, 255, 0))
    left, right = seen(saved(tmp_path, cyan_yellow, "a.jpg"))
    assert near(left, (0, 255, 255))
    assert near(right, (255, 255, 0))


def test_grey_and_bits_stay_grey(tmp_path: Path) -> None:
    assert seen(saved(tmp_path, halves("L", 10, 200), "a.png")) == (10, 200)
    assert seen(saved(tmp_path, halves("1", 0, 1), "b.png")) == (0, 255)


def test_a_picture_is_turned_as_its_camera_says(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned by 90 degrees, clockwise
    path = saved(tmp_path, halves("RGB", RED, GREEN), "a.jpg", exif=exif, quality=95)
    image = decode(path)
    assert image.size == (8, 16)
    assert near(image.getpixel((4, 4)), RED)
    assert near(image.getpixel((4, 12)), GREEN)
    grey = Image.fromarray(np.full((8, 16), 1000, np.uint16))
    assert decode(saved(tmp_path, grey, "b.png", exif=exif)).size == (8, 16)


def broken(kind: str) -> bytes:
    file = io.BytesIO()
    image = Image.effect_noise((64, 64), 50)
    image.save(file, "gif" if kind == "gif" else kind.partition("-")[0])
    whole = file.getvalue()
    if kind.endswith("-cut"):
        return whole[: len(whole) // 2]
    return whole


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "the file is empty"),
        (b"not a picture", "no JPEG, PNG or WebP"),
        (broken("gif"), "no JPEG, PNG or WebP"),
        (broken("jpeg-cut"), "truncated"),
        (broken("png-cut"), "truncated"),
        (broken("webp-cut"), "broken"),
        (b"\x89PNG\r\n\x1a\n" + b"x" * 50, "broken|no JPEG"),
    ],
    ids=["empty", "text", "gif", "cut-jpeg", "cut-png", "cut-webp", "header-only"],
)
def test_a_bad_file_says_what_is_wrong(tmp_path: Path, content: bytes, reason: str) -> None:
    path = tmp_path / "a.jpg"
    path.write_bytes(content)
    with pytest.raises(PictureFault, match=reason):
        decode(path)


def test_what_is_no_file_says_so(tmp_path: Path) -> None:
    with pytest.raises(PictureFault, match="no such file") as found:
        decode(tmp_path / "b.jpg")
    assert str(tmp_path / "b.jpg") in (found.value.hint or "")
    with pytest.raises(PictureFault, match="a folder"):
        decode(tmp_path)
    with pytest.raises(PictureFault, match="can't be read"):
        decode(tmp_path / ("b" * 500))


@pytest.mark.parametrize("limit", [100, 60])
def test_a_bomb_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: int) -> None:
    path = saved(tmp_path, halves("L", 0, 0), "a.png")  # 128 pixels: above it, and above twice
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", limit)
    with pytest.raises(PictureFault, match=f"more than {limit} pixels, Pillow's limit"):
        decode(path)


def test_how_a_picture_becomes_a_square(tmp_path: Path) -> None:
    image = halves("RGB", RED, GREEN)

    def row(square: Any, channels: int = 3) -> np.ndarray:
        return pixels(image, ImageInput(channels, 8, square, "nearest"))[:, 4]

    assert row("stretch").shape == (3, 8)
    red = row("stretch")[0]
    assert red.tolist() == [255] * 4 + [0] * 4
    assert row("crop")[0].tolist() == [255] * 4 + [0] * 4
    padded = pixels(image, ImageInput(3, 8, "pad", "nearest"))
    assert (padded[:, 0] == 255).all()  # a white border above
    assert padded[:, 4].tolist() == row("stretch").tolist()
    assert row("stretch", channels=1).shape == (1, 8)
