"""An input of two answers whose tokenizer and template are ready."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from weitiao.inputs.chat.fitted import FittedChat
from weitiao.inputs.chat.found import learnable
from weitiao.inputs.preferences.rows import PreferenceRows

_TOLD = ("unsaid", "special", "inexact")
"""What is reported of a row if it holds for either answer."""


class FittedPreferences(FittedChat):
    """An input of two answers that is ready."""

    def encode(self, table: pa.Table) -> pa.Table:
        """The ids of conversations, once with each answer.

        Returns:
            What `FittedChat.encode` gives of the preferred answers; besides ``rejected_ids:
            large_list<int32>`` and ``rejected_learned: large_list<int8>``. Where one answer doesn't
            fit, the row counts as one whose answer doesn't. Rows without answers have neither.
        """
        if "rejected" not in table.column_names:
            return super().encode(table)
        chosen, rejected = self.both(table, table["rejected"])
        columns = {name: chosen[name] for name in chosen.column_names}
        fits = pa.array(learnable(rejected))
        # nothing behind the prompt: what `learnable` asks
        columns["prompt"] = pc.if_else(fits, chosen["prompt"], _length(chosen["input_ids"]))
        columns["whole"] = pc.max_element_wise(chosen["whole"], rejected["whole"])
        columns |= {name: pc.or_(chosen[name], rejected[name]) for name in _TOLD}
        return pa.Table.from_pydict(columns | self.beside(rejected))

    def both(self, table: pa.Table, others: pa.ChunkedArray) -> tuple[pa.Table, pa.Table]:
        """What `FittedChat.encode` gives of a table, and of the same with other answers."""
        place = table.column_names.index("label")
        other = table.set_column(place, "label", others)
        return super().encode(table), super().encode(other)

    def beside(self, other: pa.Table) -> dict[str, Any]:
        """The columns of other answers that stand beside those of the first."""
        return {f"rejected_{name}": other[was] for name, was in _OF_REJECTED.items()}

    def rows(self, encoded: pa.Table) -> PreferenceRows:
        """The rows as they are."""
        return PreferenceRows(encoded, self.card.pad_id)


_OF_REJECTED = {"ids": "input_ids", "learned": "learned"}


def _length(lists: pa.ChunkedArray) -> pa.ChunkedArray:
    return pc.list_value_length(lists).cast(pa.int32())
