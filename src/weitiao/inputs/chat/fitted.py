"""A chat input whose tokenizer and template are ready: rows to ids, and what a checkpoint keeps."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from weitiao.card import TargetCard
from weitiao.errors import ConfigError
from weitiao.inputs import FittedInput, InputRows
from weitiao.inputs.chat.card import ChatInput
from weitiao.inputs.chat.conversations import Conversations
from weitiao.inputs.chat.encoder import ChatEncoder
from weitiao.inputs.chat.found import Found, learnable
from weitiao.inputs.chat.gold import inexact
from weitiao.inputs.chat.reporting import handling, of_new_rows
from weitiao.inputs.chat.rows import ChatRows
from weitiao.io.arrow import light_parts_of, list_array
from weitiao.targets.whole_text import ReplyTarget

if TYPE_CHECKING:
    from weitiao.inputs.chat.chat import Chat


class FittedChat(FittedInput):
    """A chat input that is ready.

    Args:
        encoder: tokenizer and template, or their state.
    """

    card: ChatInput

    def __init__(
        self, options: Chat, card: ChatInput, encoder: ChatEncoder | Mapping[str, Any]
    ) -> None:
        self.options, self.card = options, card
        if isinstance(encoder, ChatEncoder):
            self.encoder, self._state = encoder, encoder.state()
        else:
            self._state = dict(encoder)

    @cached_property
    def encoder(self) -> ChatEncoder:
        """Tokenizer and template, made from their state when they are first asked for."""
        return ChatEncoder.from_state(self._state)

    def completed_target(self, card: TargetCard) -> TargetCard:
        """The target with the tokenizer that turns ids into its texts."""
        if isinstance(card, ReplyTarget):
            return replace(card, tokenizer=self._state["tokenizer"])
        return card

    def encode(self, table: pa.Table) -> pa.Table:
        """The ids of conversations.

        Returns:
            A table with ``input_ids: large_list<int32>``; ``learned: large_list<int8>``, 1 where
            the model is to say the id; ``prompt: int32``, how many ids stand before the last
            answer. And findings to report: ``whole: int32``, how many ids all of it has; ``cut``,
            whether the oldest turns are left out; ``unsaid``, whether the template leaves out what
            stands before an answer; ``special``, whether something in it looks like a special
            token; ``inexact``, whether the tokenizer can't write its answer. Of a row whose answer
            doesn't fit the prompt is left, and nothing to learn.

        Raises:
            DataError: the template doesn't take a row.
            ConfigError: what of a row is to be learned isn't known, or its ids don't say it.
        """
        names = [name for name in ("text", "label") if name in table.column_names]
        return pa.concat_tables([*map(self._encoded, light_parts_of(table, names))])

    def _encoded(self, part: pa.Table) -> pa.Table:
        options, encoder = self.options, self.encoder
        how = (self.card.max_length, options.too_long, options.learn, options.system)
        conversations = Conversations(encoder, *how)
        names = [name for name in ("text", "label", "file", "row") if name in part.column_names]
        rows = [*map(conversations.of_row, part.select(names).to_pylist())]
        fitted = conversations.encode(rows)
        columns: dict[str, Any] = {
            "input_ids": list_array([each.ids.ids for each in fitted], pa.int32()),
            "learned": list_array([each.ids.learned for each in fitted], pa.int8()),
            "prompt": pa.array([each.ids.prompt for each in fitted], pa.int32()),
            "whole": pa.array([each.whole for each in fitted], pa.int32()),
            "cut": pa.array([each.cut for each in fitted], pa.bool_()),
            "unsaid": pa.array([each.unsaid for each in fitted], pa.bool_()),
            "special": pa.array([row.special for row in rows], pa.bool_()),
            "inexact": pa.array(inexact(encoder, rows, fitted), pa.bool_()),
        }
        return pa.Table.from_pydict(columns)  # `pa.table` imports pandas

    def examine(self, encoded: pa.Table, table: pa.Table, *, training: bool) -> dict[str, Any]:
        """What to report on rows.

        Raises:
            ConfigError: answers don't fit and that is to be refused, or none of training does.
        """
        longest = self.card.max_length
        found = Found.of(encoded, table, longest, self.encoder.unk_id)
        if training:
            self._state["unknown"] = found.unknown / max(1, found.ids)
        if found.lost and self.options.too_long == "refuse":
            raise ConfigError(
                f"= {longest} ids: {found.lost:,} of {found.rows:,} rows are longer, the first is"
                f" {found.first_lost}, the longest has {found.longest:,}",
                field="max_length",
                hint=f"{{--max_length}} {found.longest}; {{--too_long}} cut_prompt leaves out the"
                " oldest turns; {--too_long} drop leaves out such rows; or take them out of the"
                " file",
            )
        if training and found.lost == found.rows:
            raise ConfigError(
                f"= {longest} ids: no answer of train fits behind its prompt, there is nothing to"
                f" learn; the longest row has {found.longest:,}",
                field="max_length",
                hint=f"{{--max_length}} {found.longest}",
            )
        return asdict(found)

    def learnable(self, encoded: pa.Table) -> np.ndarray:
        """Those whose answer fits."""
        return learnable(encoded)

    def joined(self, found: dict[str, Any], more: dict[str, Any]) -> dict[str, Any]:
        """The counts of both."""
        return asdict(Found(**found) + Found(**more))

    def rows(self, encoded: pa.Table) -> InputRows:
        """The rows as they are."""
        return ChatRows(encoded, self.card.pad_id)

    def state(self) -> dict[str, Any]:
        """Tokenizer and template."""
        return dict(self._state)

    def handling(self, report: Mapping[str, Any], rows: Mapping[str, int]) -> Iterator[str]:
        """Lines on the template, and on what was cut and not known."""
        found = {split: Found(**each) for split, each in report["encode"].items()}
        yield from handling(found, self.encoder, self.card, self.options.too_long)

    def of_new_rows(self, split: str, found: Mapping[str, Any]) -> Iterator[str]:
        """What was cut, and how well the vocabulary covers texts that are new to it."""
        return of_new_rows(split, Found(**found), self.card, self._state.get("unknown", 0.0))
