"""Which texts a language model has read: 8 bytes of each, and whether others are among them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa

from weitiao.errors import ConfigError
from weitiao.inputs.text.normalisation import normalised
from weitiao.io import arrow

SEEN = "seen.npy"
COLUMNS = ("text", "original", "pair")  # a model may have read a text before it was cleaned


def numbers_of(texts: list[str] | pa.ChunkedArray) -> np.ndarray:
    """``(N,)`` of uint64: the same for texts that are equal but for width, case and white space."""
    # a copy: the view would keep both halves of each key in memory
    return arrow.numbers_of(arrow.hashed(normalised(pa.table({"text": texts})))).copy()


@dataclass(frozen=True)
class ContaminationIndex:
    """A set of texts, each known by its number only.

    Of N texts that are looked up among M, one is found by chance with probability N × M / 2⁶⁴.

    Args:
        numbers: ``(M,)`` of uint64, rising.
    """

    numbers: np.ndarray

    @classmethod
    def of(cls, *numbers: np.ndarray) -> ContaminationIndex:
        """All of the numbers, in whatever order and however often."""
        return cls(np.unique(np.concatenate(numbers)))

    @classmethod
    def read(cls, folder: Path) -> ContaminationIndex | None:
        """What stands in ``seen.npy`` of a folder, memory-mapped; null if there is no such file.

        Raises:
            ConfigError: the file can't be read, or doesn't hold what `write` writes.
        """
        path = folder / SEEN
        if not path.exists():
            return None
        try:
            numbers = np.lib.format.open_memmap(path, mode="r")  # never a pickle
        except Exception as error:  # in a damaged header, whatever Python's tokenizer raises
            raise _unreadable(path, str(error)) from error
        if numbers.dtype != np.uint64 or numbers.ndim != 1:
            raise _unreadable(path, "it holds something else than a row of uint64")
        if not (numbers[:-1] < numbers[1:]).all():
            raise _unreadable(path, "its numbers don't rise")
        return cls(numbers)

    def write(self, folder: Path) -> None:
        """Write ``seen.npy`` into a folder."""
        np.save(folder / SEEN, self.numbers)

    def holds(self, numbers: np.ndarray) -> np.ndarray:
        """``(N,)`` of bool: which of the numbers ``(N,)`` are in the set."""
        left, right = (np.searchsorted(self.numbers, numbers, side) for side in ("left", "right"))
        return left < right

    def among(self, table: pa.Table) -> np.ndarray:
        """``(N,)`` of bool: which rows have a text in the set; of a pair, one is enough.

        Args:
            table: rows with the column ``text`` and, where there are any, ``original`` (before
                cleaning) and ``pair``.
        """
        columns = [table[name] for name in COLUMNS if name in table.column_names]
        return np.any([self.holds(numbers_of(column)) for column in columns], axis=0)


def _unreadable(path: Path, why: str) -> ConfigError:
    return ConfigError(
        f"{path}: no list of the texts that a model has read: {why}"
        "\n  → pretrain again, or remove the file: then nobody knows what the model has read"
    )
