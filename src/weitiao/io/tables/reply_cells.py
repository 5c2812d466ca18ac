"""Conversations, on their way from a chunk of a file to columns of strings."""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from weitiao.errors import DataError
from weitiao.io.dialogues.conversation import Conversation
from weitiao.io.dialogues.layout import GOOD, REJECTED, USUAL, columns_of
from weitiao.io.dialogues.messages import Message, as_cell
from weitiao.io.dialogues.reading import BESIDE, Dialogues
from weitiao.io.spans.span import SpanFault
from weitiao.io.tables.cells import NoValue, as_text
from weitiao.io.tables.source import BadRow, Chunk, Source
from weitiao.io.tables.trial import Trial


class ReplyCells:
    """What the conversations of one source are; keeps what must be known between chunks."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._compared = REJECTED in source.wanted
        self._dialogues = Dialogues(source.options.roles, compared=self._compared)

    def written(self, chunk: Chunk) -> tuple[Chunk, dict[int, BadRow]]:
        """The chunk with what comes before the last answer of each row, and that answer.

        A row at fault is named by its position.
        """
        parts = self._source.columns
        columns = dict(zip(parts, chunk.columns, strict=True))
        named = replace(self._source, wanted={**self._source.wanted, **parts})
        trial = Trial(named, chunk, columns)
        found = [trial(i, self._row, columns, chunk, i) for i in range(len(chunk.rows))]
        rows = [each or Conversation([], "", "") for each in found]
        columns["text"] = [as_cell(each.prompt) for each in rows]
        if self._compared:
            columns[REJECTED] = [each.rejected for each in rows]
        if GOOD in columns:
            columns[GOOD] = [each.good for each in rows]
        if "label" in self._source.wanted:
            columns["label"] = [each.answer for each in rows]
        ordered = [columns[role] for role in self._source.wanted]
        return replace(chunk, columns=ordered), trial.faults

    def note(self) -> None:
        """Note where conversations were found, and what was done to them."""
        facts = self._source.notes.facts
        if told := self._where():
            facts.append(told)
        if GOOD in self._source.columns:
            facts.append(f"whether an answer is good is read from {self._source.columns[GOOD]!r}")
        facts += self._dialogues.facts()

    def _where(self) -> str | None:
        """What the columns are, unless they are called as they should be."""
        filled = self._dialogues.filled
        parts = {
            role: name
            for role, name in self._source.columns.items()
            if role.partition(".")[0] in USUAL and (role not in BESIDE or role in filled)
        }
        if all(USUAL.get(role) == name for role, name in parts.items()) and len(parts) > 1:
            return None
        prompts = ", ".join(repr(name) for role, name in parts.items() if role != "label")
        if "label" in parts:
            return f"prompts are read from {prompts}, answers from {parts['label']!r}"
        return f"conversations are read from {prompts}"

    def _row(self, columns: dict[str, list[Any]], chunk: Chunk, i: int) -> Conversation:
        cells = {role: _cell(column[i], role) for role, column in columns.items()}
        name = self._source.columns["text"]
        if cells["text"] is None:
            raise SpanFault(_missing(name, chunk.raw(i)), "text")
        answered = "label" in self._source.wanted
        return self._dialogues.of_row(cells, name, chunk.rows[i], answered=answered)


def prompt_of_row(
    row: Mapping[str, Any], dialogues: Dialogues, number: int, text: str = USUAL["text"]
) -> list[Message] | None:
    """What is to be answered in a row that has its columns by name; null = it has none of them.

    Args:
        dialogues: reads conversations as those of files.
        number: of the row, to tell.
        text: the column of the conversation; one of the usual name may be called otherwise.

    Raises:
        DataError: it can't be answered; names column and value.
    """
    own = {name: _plain(value) for name, value in row.items() if isinstance(name, str)}
    values = {name: value for name, value in own.items() if value is not None}
    columns = columns_of({"text": text}, [*values])
    if columns["text"] not in values:
        return None
    cells = {part: values[column] for part, column in columns.items()}
    try:
        return dialogues.of_row(cells, columns["text"], number, answered=False).prompt
    except SpanFault as fault:
        name = columns.get(fault.role, columns["text"])
        raise DataError(
            fault.problem, row=number, column=name, value=row[name], hint=fault.hint
        ) from fault


def _plain(value: Any) -> Any:
    """A value that stands in no file, as one of a file; what is missing is null."""
    if isinstance(value, tuple | np.ndarray):  # pandas has arrays of messages
        return [*value]
    value = value.item() if isinstance(value, np.generic) else value
    return value if isinstance(value, list | dict) else as_text(value)


def _cell(cell: Any, role: str) -> Any:
    """A cell, as text unless it holds several values; what is missing is null."""
    if isinstance(cell, NoValue) and role.partition(".")[0] in USUAL:
        raise SpanFault(cell.reason, role, cell.hint)
    return cell if isinstance(cell, list | dict) else as_text(cell)


def _missing(name: str, raw: str) -> str:
    """That a row has no conversation, and what it has instead."""
    try:
        keys = [key for key, value in json.loads(raw).items() if value is not None]
    except (ValueError, AttributeError, RecursionError):
        keys = []
    has = f"; it has {', '.join(map(repr, keys))}" if keys else ""
    return f"{name!r} is missing in this row, and all rows of a file need one form{has}"
