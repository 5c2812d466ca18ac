"""Encoded conversations with two answers each, ready to be drawn."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from weitiao.inputs import Draws
from weitiao.inputs.chat.rows import ChatRows


class PreferenceRows:
    """Rows as `FittedPreferences.encode` gave them.

    Args:
        pad_id: fills a batch.
    """

    def __init__(self, encoded: pa.Table, pad_id: int) -> None:
        self._chosen = ChatRows(encoded, pad_id)
        self._rejected = None
        self.lengths = self._chosen.lengths
        if "rejected_ids" in encoded.column_names:
            names = {"rejected_ids": "input_ids", "rejected_learned": "learned", "prompt": "prompt"}
            others = encoded.select([*names]).rename_columns([*names.values()])
            self._rejected = ChatRows(others, pad_id)
            self.lengths = 2 * np.maximum(self.lengths, self._rejected.lengths)

    def collate(self, draws: Draws) -> dict[str, Any]:
        """A batch, padded on the right.

        Returns:
            As `ChatRows.collate`, of ``2B`` sequences: those with the preferred answers, then those
            with the others; ``prompt (B,)``. Where rows have no answers, as of a chat.
        """
        chosen = self._chosen.collate(draws)
        if self._rejected is None:
            return chosen
        return stacked(chosen, self._rejected.collate(draws), self._chosen.pad_id)


def stacked(one: dict[str, Any], other: dict[str, Any], pad_id: int) -> dict[str, Any]:
    """Two batches of the same rows as one of twice as many sequences."""
    import torch
    from torch.nn.functional import pad

    width = max(each["learned"].shape[1] for each in (one, other))

    def both(of: Any, fill: int) -> torch.Tensor:
        values = [of(each) for each in (one, other)]
        return torch.cat([pad(v, (0, width - v.shape[1]), value=fill) for v in values])

    fills = {"input_ids": pad_id, "attention_mask": 0}
    inputs = {name: both(lambda b, n=name: b["inputs"][n], fill) for name, fill in fills.items()}
    learned = both(lambda batch: batch["learned"], 0)
    return {**one, "inputs": inputs, "learned": learned}
