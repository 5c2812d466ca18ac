"""Conversations as an input of a DataModule: its options, and its steps in order."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from weitiao.config.bounds import at_least
from weitiao.errors import ConfigError, DataError
from weitiao.inputs import Input, Targets
from weitiao.inputs.chat.card import ChatInput
from weitiao.inputs.chat.conversations import Learn
from weitiao.inputs.chat.encoder import ChatEncoder
from weitiao.inputs.chat.fitted import FittedChat
from weitiao.inputs.chat.lengths import TooLong
from weitiao.inputs.chat.loading import files_of, load_encoder
from weitiao.inputs.chat.template import TemplateFault
from weitiao.inputs.chat.turns import TurnFault
from weitiao.io.dialogues.conversation import prompt_of
from weitiao.io.dialogues.layout import USUAL, columns_of
from weitiao.io.dialogues.messages import Message, Role, as_cell, messages_in
from weitiao.io.dialogues.reading import Dialogues
from weitiao.io.spans.span import SpanFault
from weitiao.io.tables.reply_cells import prompt_of_row

_ONE = "one conversation is [conversation]"
_FORMS = (
    'a text, a list of messages, or {"messages": […]}, {"prompt": "…"}; docs/data.md lists more'
)


@dataclass(frozen=True)
class Chat(Input):
    """What a model reads of a conversation, and what of it it learns to say.

    Args:
        tokenizer: name or folder of the model, whose tokenizer and chat template are taken; or a
            checkpoint of a run.
        text: column of the conversation, or of the prompt, in one of the forms that
            ``docs/data.md`` lists.
        template: Jinja file of a chat template; null = the tokenizer's own.
        max_length: most ids of a conversation, the answer's too.
        too_long: what becomes of longer ones. ``cut_prompt`` leaves out the oldest turns and keeps
            system message, last question and answer; ``drop`` leaves such rows out of training. An
            answer is never cut.
        learn: whether all answers of a conversation are learned, or its last one. A message with
            ``"learn": false`` never is.
        system: system message of conversations that have none; null = they have none, unless the
            template has one for them.

    Raises:
        ConfigError: a value is out of bounds.
    """

    tokenizer: str = ""
    text: str = "text"
    template: str | None = None
    max_length: int = 1024
    too_long: TooLong = "refuse"
    learn: Learn = "all"
    system: str | None = None

    def __post_init__(self) -> None:
        at_least(4, max_length=self.max_length)

    @property
    def columns(self) -> dict[str, str]:
        """That of the conversation."""
        return {"text": self.text}

    def cell(self, role: str, value: Any, roles: Mapping[str, Role] | None = None) -> Any:
        """A conversation as it stands in a table, where it is given as messages.

        Raises:
            DataError: these are none that can be answered.
        """
        if isinstance(value, str) and messages_in(value) != [Message("user", value)]:
            value = json.loads(value)
        if not isinstance(value, list | tuple | Mapping):
            return value
        try:
            return prompt_of(value, roles)
        except SpanFault as fault:
            hint = fault.hint
            raise DataError(fault.problem, column=self.text, value=value, hint=hint) from fault

    def cells(
        self, row: Mapping[str, Any], roles: Mapping[str, Role] | None = None
    ) -> dict[str, Any]:
        """As `Input.cells`, where columns are found by their names as those of a file are; an
        answer is left out, as of rows to predict."""
        text = self.text if self.text in row else USUAL["text"]
        messages = prompt_of_row(row, Dialogues(roles), 1, text)
        if messages is None:
            name = columns_of({"text": text}, [each for each in row if isinstance(each, str)])[
                "text"
            ]
            problem = (
                "is missing, or no text" if name in row else "no such column, nor one of a prompt"
            )
            hint = _ONE if {"role", "from"} & row.keys() else _FORMS
            raise DataError(problem, column=name, value=dict(row), hint=hint)
        return {"text": as_cell(messages)}

    def sizes(self, table: pa.Table) -> np.ndarray:
        """Characters of what is said, the last answer left out."""
        cells = map(messages_in, table["text"].to_pylist())
        counts = [sum(len(one.content) for one in messages) for messages in cells]
        return np.array(counts, np.int64)

    def check(self) -> None:
        """See to it that a tokenizer is named, and that the template is there."""
        if not self.tokenizer:
            hint = "{--tokenizer} FOLDER, the model's own"
            raise ConfigError(": none is named", field="tokenizer", hint=hint)
        if self.template is not None and not Path(self.template).is_file():
            raise ConfigError(f": there is no file {self.template!r}", field="template")

    def option_files(self) -> Iterator[Path]:
        """The template, and the files of the tokenizer."""
        if self.template is not None:
            yield Path(self.template)
        yield from files_of(self.tokenizer)

    def fit(
        self,
        tables: Mapping[str, pa.Table],
        targets: Targets,
        folder: Path,
        begin: Callable[[str], None],
    ) -> FittedChat:
        """Load tokenizer and template, and see how it writes an answer.

        Raises:
            ConfigError: there is none, or it isn't known what of an answer is to be said, or where
                it ends.
        """
        begin(f"encode ({self.tokenizer})")
        encoder, pad_id = load_encoder(self.tokenizer, self.template)
        ends = _ends(encoder)
        vocabulary = max(encoder.tokenizer.get_vocab(with_added_tokens=True).values()) + 1
        card = ChatInput(vocabulary, pad_id, self.max_length, ends=ends)
        return self.ready(card, encoder)

    def from_state(self, state: Mapping[str, Any], card: ChatInput) -> FittedChat:
        """The fitted input that a checkpoint keeps."""
        return self.ready(card, state)

    def ready(self, card: ChatInput, encoder: ChatEncoder | Mapping[str, Any]) -> FittedChat:
        """The fitted input of a tokenizer and its template, or of their state."""
        return FittedChat(self, card, encoder)


def _ends(encoder: ChatEncoder) -> tuple[int, ...]:
    """The ids that end an answer.

    Raises:
        ConfigError: there is none, or the template can't be learned from.
    """
    own = "a template of your own: {--template} FILE.jinja"
    try:
        ends = encoder.ends
    except TemplateFault as error:
        raise ConfigError(f"fails: {error}", field="template", hint=own) from error
    except TurnFault as error:
        raise ConfigError(f": {error}", field="template", hint=error.hint) from error
    if not ends:
        problem = "doesn't end an answer, and the tokenizer names no token that does (eos_token)"
        raise ConfigError(problem, field="template", hint=own)
    return ends
