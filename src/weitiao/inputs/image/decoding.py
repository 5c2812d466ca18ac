"""From a file to a picture of 8 bits a channel, upright, without transparency."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from PIL import Image, ImageFile, ImageOps, UnidentifiedImageError

FORMATS = ("JPEG", "PNG", "WEBP")
"""What is read."""
WHITE = (255, 255, 255, 255)
_SIXTEEN = ("I", "I;16", "I;16B", "I;16L", "I;16N")


class PictureFault(Exception):
    """Why a file gives no picture.

    Args:
        hint: the way out; null = there is none but another file.
    """

    def __init__(self, reason: str, hint: str | None = None) -> None:
        super().__init__(reason)
        self.reason, self.hint = reason, hint


def decode(path: Path) -> Image.Image:
    """The picture of a file, of several the first: mode ``RGB``, or ``L`` where it has no colours.

    It is turned as its EXIF data say. 16 bits become 8 by scaling, not by clipping; what is
    transparent shows white, whatever colour is hidden there.

    Raises:
        PictureFault: the file is missing, broken, of another format, or too large.
    """
    _refuse_no_file(path)
    with _strict():
        try:
            with Image.open(path, formats=FORMATS) as image:
                image.load()
                return _upright(image)
        except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
            limit = f"more than {Image.MAX_IMAGE_PIXELS:,} pixels, Pillow's limit against bombs"
            raise PictureFault(f"the picture has {limit}", "make it smaller") from error
        except UnidentifiedImageError as error:
            raise PictureFault("no JPEG, PNG or WebP", "convert it") from error
        except Exception as error:  # decoders raise whatever they like
            raise PictureFault(f"the picture is broken: {error}") from error


def _refuse_no_file(path: Path) -> None:
    try:
        if not path.is_file():
            what = "this is a folder, not a picture" if path.is_dir() else "there is no such file"
            raise PictureFault(what, f"looked for at {path}")
        if not path.stat().st_size:
            raise PictureFault("the file is empty")
    except OSError as error:  # such as a name that is too long
        raise PictureFault(f"the file can't be read: {error.strerror}") from error


@contextmanager
def _strict() -> Iterator[None]:
    """Refuse what Pillow would warn of, and pictures that end too early."""
    truncated, ImageFile.LOAD_TRUNCATED_IMAGES = ImageFile.LOAD_TRUNCATED_IMAGES, False
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of what metadata say
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            yield
    finally:
        ImageFile.LOAD_TRUNCATED_IMAGES = truncated


def _upright(image: Image.Image) -> Image.Image:
    if image.mode in _SIXTEEN:
        sixteen = np.asarray(image).astype(np.int64).clip(0, 65535)
        eight = Image.fromarray(((sixteen + 128) // 257).astype(np.uint8))
        return ImageOps.exif_transpose(_with_exif(eight, image))
    image = ImageOps.exif_transpose(image)
    if image.has_transparency_data:
        grey = image.mode in ("L", "LA", "La", "1")
        shown = image.convert("RGBA")
        white = Image.new("RGBA", shown.size, WHITE)
        return Image.alpha_composite(white, shown).convert("L" if grey else "RGB")
    return image.convert("L" if image.mode in ("L", "1") else "RGB")


def _with_exif(image: Image.Image, other: Image.Image) -> Image.Image:
    image.info["exif"] = other.getexif().tobytes()
    return image
