"""An input of judged answers whose tokenizer and template are ready."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from weitiao.inputs import Draws, tensors
from weitiao.inputs.preferences.fitted import FittedPreferences
from weitiao.inputs.preferences.rows import PreferenceRows


class FittedJudged(FittedPreferences):
    """An input of judged answers that is ready."""

    def encode(self, table: pa.Table) -> pa.Table:
        """The ids of conversations, once with their own answer, once with that of the next row.

        Returns:
            What `FittedChat.encode` gives; besides ``rejected_ids`` and ``rejected_learned`` of the
            answer that belongs to another prompt, and ``good``. Rows without answers have neither.
        """
        if "good" not in table.column_names:
            return super().encode(table)
        answers = table["label"].combine_chunks()
        others = pa.concat_arrays([answers[1:], answers[:1]])
        own, other = self.both(table, pa.chunked_array([others]))
        columns = {name: own[name] for name in own.column_names} | self.beside(other)
        return pa.Table.from_pydict(columns | {"good": pc.equal(table["good"], "true")})

    def rows(self, encoded: pa.Table) -> PreferenceRows:
        """The rows as they are."""
        return JudgedRows(encoded, self.card.pad_id)


class JudgedRows(PreferenceRows):
    """Rows as `FittedJudged.encode` gave them."""

    def __init__(self, encoded: pa.Table, pad_id: int) -> None:
        super().__init__(encoded, pad_id)
        self._good = encoded["good"].to_numpy() if "good" in encoded.column_names else None

    def collate(self, draws: Draws) -> dict[str, Any]:
        """As `PreferenceRows.collate`, with ``good (B,)`` of bool."""
        batch = super().collate(draws)
        if self._good is None:
            return batch
        return batch | tensors({"good": self._good[draws.rows]})
