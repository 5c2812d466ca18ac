"""Word vectors as a portable file: the text and binary formats of word2vec."""

import gzip
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import numpy as np

from weitiao.errors import ConfigError
from weitiao.io.atomic import whole_or_not

SUFFIXES = (".vec", ".txt", ".bin")


def check_name(path: Path) -> None:
    """Refuse a name that tells no format.

    Raises:
        ConfigError: the suffix is unknown.
    """
    if _plain_suffix(path) not in SUFFIXES:
        raise ConfigError(
            f"out: the name of {path} tells no format"
            "\n  → .vec or .txt is text of word2vec, .bin its binary format; .gz after it packs"
        )


def write_vectors(path: Path, words: Sequence[str], matrix: np.ndarray) -> None:
    """Write the vectors, whole or not at all; the same ones give the same bytes.

    Args:
        path: the suffix tells the format, see `check_name`.
        words: none is empty or holds white space.
        matrix: ``(V, D)`` float32. Text holds as many digits as tell each number from all others.
    """
    binary = _plain_suffix(path) == ".bin"
    with whole_or_not(path) as part, _opened(part, packed=path.suffix == ".gz") as file:
        file.write("{} {}\n".format(*matrix.shape).encode())
        for word, vector in zip(words, matrix, strict=True):
            numbers = vector.astype("<f4").tobytes() if binary else " ".join(map(str, vector))
            tail = numbers if isinstance(numbers, bytes) else numbers.encode() + b"\n"
            file.write(word.encode() + b" " + tail)


def _plain_suffix(path: Path) -> str:
    return Path(path.stem).suffix if path.suffix == ".gz" else path.suffix


@contextmanager
def _opened(path: Path, *, packed: bool) -> Iterator[BinaryIO]:
    """The file to write to; a packed one holds neither time nor name, which would differ."""
    with path.open("wb") as file:
        if not packed:
            yield file
            return
        with gzip.GzipFile(filename="", mode="wb", fileobj=file, mtime=0) as packing:
            yield packing  # type: ignore[misc]  # written to as a BinaryIO, though none by type
