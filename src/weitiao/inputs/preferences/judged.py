"""Conversations whose answers were judged, as an input of a DataModule, and once it is ready."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from weitiao.inputs import Draws, tensors
from weitiao.inputs.chat.card import ChatInput
from weitiao.inputs.chat.chat import Chat
from weitiao.inputs.chat.conversations import Learn

# of an inherited option: types of those are looked up in this module
from weitiao.inputs.chat.lengths import TooLong  # noqa: F401
from weitiao.inputs.preferences.fitted import FittedPreferences
from weitiao.inputs.preferences.preferences import refuse_more_than_the_last
from weitiao.inputs.preferences.rows import PreferenceRows

if TYPE_CHECKING:
    from collections.abc import Callable

    from weitiao.inputs import Targets


@dataclass(frozen=True)
class Judged(Chat):
    """What a model reads of a conversation whose answer is good or bad.

    Args:
        good: column of whether it is: true or false; ``kto_tag`` and ``label`` are found.
        learn: only the last answer was judged.

    Raises:
        ConfigError: a value is out of bounds.
    """

    good: str = "good"
    learn: Learn = "last"

    def __post_init__(self) -> None:
        super().__post_init__()
        refuse_more_than_the_last(self)

    @property
    def columns_of_labelled(self) -> dict[str, str]:
        """That of the judgement."""
        return {"good": self.good}

    def fit(
        self,
        tables: Mapping[str, pa.Table],
        targets: Targets,
        folder: Path,
        begin: Callable[[str], None],
    ) -> FittedJudged:
        """As `Chat.fit`."""
        chat = super().fit(tables, targets, folder, begin)
        return FittedJudged(self, chat.card, chat.encoder)

    def from_state(self, state: Mapping[str, Any], card: ChatInput) -> FittedJudged:
        """The fitted input that a checkpoint keeps."""
        return FittedJudged(self, card, state)


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
