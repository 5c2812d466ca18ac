"""Encoded conversations, ready to be drawn."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from weitiao.inputs import Draws, tensors
from weitiao.io.arrow import Ragged


class ChatRows:
    """Rows as `FittedChat.encode` gave them.

    Args:
        pad_id: fills a batch.
    """

    def __init__(self, encoded: pa.Table, pad_id: int) -> None:
        self._ids, self._learned = Ragged(encoded["input_ids"]), Ragged(encoded["learned"])
        self._prompt = encoded["prompt"].to_numpy()
        self.lengths, self.pad_id = self._ids.lengths, pad_id

    def collate(self, draws: Draws) -> dict[str, Any]:
        """A batch, padded on the right.

        Returns:
            ``inputs``: ``input_ids (B, T)`` and ``attention_mask (B, T)``, int64; ``learned
            (B, T)``, true where the id is one that the model has to say; ``prompt (B,)`` int64, how
            many ids stand before the last answer.
        """
        ids, learned = self._ids.lists(draws.rows), self._learned.lists(draws.rows)
        lengths = self.lengths[draws.rows]
        mask = np.arange(lengths.max(initial=0)) < lengths[:, None]
        padded, said = np.full(mask.shape, self.pad_id, np.int64), np.zeros(mask.shape, bool)
        padded[mask], said[mask] = np.concatenate(ids), np.concatenate(learned).astype(bool)
        inputs = {"input_ids": padded, "attention_mask": mask.astype(np.int64)}
        more = {"learned": said, "prompt": self._prompt[draws.rows].astype(np.int64)}
        return {"inputs": tensors(inputs), **tensors(more)}
