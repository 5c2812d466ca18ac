"""Rows of a table → conversations of messages → ids that fit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import numpy as np

from weitiao.errors import ConfigError, DataError
from weitiao.inputs.chat.encoder import ChatEncoder, Ids
from weitiao.inputs.chat.lengths import TooLong, ever_shorter
from weitiao.inputs.chat.template import TemplateFault
from weitiao.inputs.chat.turns import TurnFault, Written
from weitiao.io.dialogues.messages import Message, messages_in

Learn = Literal["all", "last"]


class Conversation(NamedTuple):
    """A row.

    Args:
        messages: as `ChatEncoder.marked` gives them, with the last answer if there is one.
        answered: whether there is one.
        special: whether something in them looks like a special token.
        file: where the row stands.
        row: likewise.
    """

    messages: list[Message]
    answered: bool
    special: bool
    file: str
    row: int


class Fitted(NamedTuple):
    """A row as a model reads it.

    Args:
        ids: of what fits; of a row whose answer doesn't, those of the prompt.
        whole: how many ids all of it has.
        cut: whether the oldest turns are left out.
        unsaid: whether the template leaves out, or rewrites, what stands before an answer.
    """

    ids: Ids
    whole: int
    cut: bool
    unsaid: bool = False


@dataclass(frozen=True)
class Conversations:
    """How rows become ids.

    Args:
        longest: most ids of a row.
        system: system message of rows that have none.
    """

    encoder: ChatEncoder
    longest: int
    too_long: TooLong
    learn: Learn
    system: str | None

    def of_row(self, values: Mapping[str, Any]) -> Conversation:
        """A row's conversation.

        Args:
            values: its ``text``, ``file``, ``row`` and, if it has one, ``label``.
        """
        messages, answer = messages_in(values["text"]), values.get("label")
        if self.system is not None and messages[0].role != "system":
            messages = [Message("system", self.system), *messages]
        messages = [one._replace(learn=one.learn and self.learn == "all") for one in messages]
        if answer is not None:
            messages.append(Message("assistant", answer))
        marked, special = self.encoder.marked(messages)
        return Conversation(marked, answer is not None, special, values["file"], values["row"])

    def encode(self, rows: Sequence[Conversation]) -> list[Fitted]:
        """The ids of rows.

        Raises:
            DataError: the template doesn't take a row.
            ConfigError: what of a row is to be learned isn't known.
        """
        written = [self._written(row, row.messages, row.answered) for row in rows]
        return [
            (
                Fitted(ids, len(ids.ids), cut=False)
                if len(ids.ids) <= self.longest
                else self._fitting(row, len(ids.ids))
            )._replace(unsaid=not _says(one.text, row.messages))
            for row, one, ids in zip(rows, written, self.encoder.encode(written), strict=True)
        ]

    def _fitting(self, row: Conversation, whole: int) -> Fitted:
        """What is left of a row that is too long: where it may be, it is cut, so that its answer
        stays; else its answer is left out, and of what is to be answered the oldest turns."""
        versions = ever_shorter(row.messages)
        if row.answered and self.too_long == "cut_prompt":
            for messages in versions[1:]:
                if len((ids := self._ids(row, messages, answered=True)).ids) <= self.longest:
                    return Fitted(ids, whole, cut=True)
        for number, messages in enumerate(versions):
            ids = self._ids(row, messages[:-1] if row.answered else messages, answered=False)
            if len(ids.ids) <= self.longest:
                return Fitted(ids, whole, cut=number > 0)
        last = ids.ids[-self.longest :]
        return Fitted(Ids(last, np.zeros(len(last), np.int8), len(last)), whole, cut=True)

    def _ids(self, row: Conversation, messages: Sequence[Message], *, answered: bool) -> Ids:
        return self.encoder.encode([self._written(row, messages, answered)])[0]

    def _written(self, row: Conversation, messages: Sequence[Message], answered: bool) -> Written:
        turns = self.encoder.turns
        try:
            return turns(messages) if answered else turns.prompt(messages)
        except TemplateFault as error:
            problem = f"the chat template doesn't take this conversation: {error}"
            hint = "a template that does: {--template} FILE.jinja"
            # several columns may have a part in it, so none is at fault
            raise DataError(problem, file=row.file, row=row.row, hint=hint) from error
        except TurnFault as error:
            problem = f": {error} ({row.file}, row {row.row})"
            raise ConfigError(problem, field="template", hint=error.hint) from error


def _says(text: str, messages: Sequence[Message]) -> bool:
    """Whether a rendering has what was said, white space at the ends aside; of answers, the
    template is known to write them as they are."""
    return all(one.content.strip() in text for one in messages if one.role != "assistant")
