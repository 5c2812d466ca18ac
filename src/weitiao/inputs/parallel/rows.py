"""Encoded parallel texts, ready to be drawn as batches."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from weitiao.card import NOTHING
from weitiao.inputs import Draws, tensors
from weitiao.io.arrow import Ragged


class ParallelRows:
    """Rows as `FittedParallel.encode` gave them.

    Args:
        pad_id: fills a batch of read texts.
    """

    def __init__(self, encoded: pa.Table, pad_id: int) -> None:
        self._read, self._written = Ragged(encoded["input_ids"]), Ragged(encoded["written"])
        self._pad_id = pad_id
        # each side is filled up to its own longest
        self.lengths = 2 * np.maximum(self._read.lengths, self._written.lengths)

    def collate(self, draws: Draws) -> dict[str, Any]:
        """A batch, padded on the right.

        Returns:
            ``inputs``: ``input_ids (B, T)`` and ``attention_mask (B, T)``, int64; ``written
            (B, U)`` int64, `NOTHING` behind the ids of a row, of which one without has none.
        """
        read, mask = _padded(self._read, draws.rows, self._pad_id)
        written, _ = _padded(self._written, draws.rows, NOTHING)
        inputs = {"input_ids": read, "attention_mask": mask.astype(np.int64)}
        return {"inputs": tensors(inputs), **tensors({"written": written})}


def _padded(column: Ragged, rows: np.ndarray, fill: int) -> tuple[np.ndarray, np.ndarray]:
    """Lists as the rows of an array, and which of its cells are theirs."""
    lengths = column.lengths[rows]
    mask = np.arange(lengths.max(initial=0)) < lengths[:, None]
    padded = np.full(mask.shape, fill, np.int64)
    padded[mask] = np.concatenate([np.zeros(0, np.int64), *column.lists(rows)])
    return padded, mask
