"""Conversations, on their way from a chunk of a file to columns of strings."""

import json
from dataclasses import replace
from typing import Any

from weitiao.io.answers.placing import Tally
from weitiao.io.dialogues.conversation import (
    Conversation,
    compared,
    conversation_of,
    with_answer,
)
from weitiao.io.dialogues.layout import REJECTED, USUAL, is_whole
from weitiao.io.dialogues.messages import Message, as_cell
from weitiao.io.dialogues.roles import Roles
from weitiao.io.dialogues.turns import Turns, content_of
from weitiao.io.spans.span import SpanFault
from weitiao.io.tables.cells import NoValue, as_text
from weitiao.io.tables.source import BadRow, Chunk, Source
from weitiao.io.tables.trial import Trial

_BESIDE = ("text.input", "text.history", "text.system")


class ReplyCells:
    """What the conversations of one source are; keeps what must be known between chunks."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._tally = Tally()
        self._compared = REJECTED in source.wanted
        self._turns = Turns(Roles(source.options.roles), whole_answers=self._compared)
        self._filled: dict[str, None] = {}  # parts beside the text that some row has

    def written(self, chunk: Chunk) -> tuple[Chunk, dict[int, BadRow]]:
        """The chunk with what comes before the last answer of each row, and that answer.

        A row at fault is told by its position.
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
        if "label" in self._source.wanted:
            columns["label"] = [each.answer for each in rows]
        ordered = [columns[role] for role in self._source.wanted]
        return replace(chunk, columns=ordered), trial.faults

    def note(self) -> None:
        """Note where conversations were found, and what was done to them."""
        facts, roles = self._source.notes.facts, self._turns.roles.others
        if told := self._where():
            facts.append(told)
        if self._turns.keys is not None:
            speaks, says = self._turns.keys
            if speaks is not None:
                facts.append(f"of a message, {speaks!r} says who speaks, and {says!r} what")
            else:
                of = f" ({says!r})" if says else ""
                facts.append(f"messages{of} name no speaker: user and assistant take turns")
        if roles:
            meant = (f"{name!r} is the {role}" for name, role in roles.items())
            facts.append(f"who speaks: {', '.join(meant)}")
        if unread := [*self._turns.unread]:
            facts.append(f"keys of messages that aren't read: {', '.join(map(repr, unread))}")
        facts += self._tally.facts()

    def _where(self) -> str | None:
        """What the columns are, unless they are called as they should be."""
        parts = {
            role: name
            for role, name in self._source.columns.items()
            if role.partition(".")[0] in USUAL and (role not in _BESIDE or role in self._filled)
        }
        if all(USUAL.get(role) == name for role, name in parts.items()) and len(parts) > 1:
            return None
        prompts = ", ".join(repr(name) for role, name in parts.items() if role != "label")
        if "label" in parts:
            return f"prompts are read from {prompts}, answers from {parts['label']!r}"
        return f"conversations are read from {prompts}"

    def _row(self, columns: dict[str, list[Any]], chunk: Chunk, i: int) -> Conversation:
        cells = {role: self._cell(column[i], role) for role, column in columns.items()}
        messages = self._prompt(cells, chunk, i)
        if "label" in cells:
            if messages[-1].role == "assistant":
                problem = "the prompt ends with an answer, and another one follows"
                raise SpanFault(problem, "text")
            messages = with_answer(messages, self._answer(cells["label"], "label"))
        answered, row = "label" in self._source.wanted, chunk.rows[i]
        found = conversation_of(messages, row, self._tally, answered=answered)
        if not self._compared:
            return found
        other = with_answer(found.prompt, self._answer(cells[REJECTED], REJECTED))
        return compared(
            found, conversation_of(other, row, self._tally, answered=True, role=REJECTED)
        )

    def _cell(self, cell: Any, role: str) -> Any:
        """A cell, as text unless it holds several values; what is missing is null."""
        if isinstance(cell, NoValue) and role.partition(".")[0] in USUAL:
            raise SpanFault(cell.reason, role, cell.hint)
        return cell if isinstance(cell, list | dict) else as_text(cell)

    def _prompt(self, cells: dict[str, Any], chunk: Chunk, i: int) -> list[Message]:
        """What comes before the answer; or all messages, where the answer is one of them."""
        cell, name = cells["text"], self._source.columns["text"]
        if cell is None:
            raise SpanFault(_missing(name, chunk.raw(i)), "text")
        alone = "label" not in cells and ("label" in self._source.wanted or isinstance(cell, list))
        whole = alone or is_whole(name)
        given = self._turns.whole(cell) if whole else self._turns.maybe(cell, "text")
        if isinstance(given, str):
            given = [Message("user", given)]
        if (about := self._beside(cells, "text.input")) is not None:
            text = content_of(about, "the value", "text.input")
            if len(given) == 1 and given[0].role == "user":
                texts = filter(None, (given[0].content, text))
                given = [Message("user", "\n".join(texts))]
            else:
                given = [*given, Message("user", text)]
        if (history := self._beside(cells, "text.history")) is not None:
            given = [*self._turns.pairs(history), *given]
        return self._with_system(given, self._beside(cells, "text.system"))

    def _with_system(self, messages: list[Message], cell: Any) -> list[Message]:
        if cell is None:
            return messages
        system = Message("system", content_of(cell, "the value", "text.system"))
        return messages if messages[0] == system else [system, *messages]

    def _beside(self, cells: dict[str, Any], role: str) -> Any:
        """A cell beside the text; null = it is empty, or there is none."""
        cell = cells.get(role)
        if cell is None or cell == [] or (isinstance(cell, str) and not cell.strip()):
            return None
        self._filled[role] = None
        return cell

    def _answer(self, cell: Any, role: str) -> list[Message]:
        """The messages of an answer in a column of its own, of which one is the model's."""
        if cell is None or (isinstance(cell, str) and not cell.strip()):
            problem = "the answer is missing" if cell is None else "the answer is empty"
            raise SpanFault(problem, role)
        given = self._turns.maybe(cell, role)
        if isinstance(given, str):
            return [Message("assistant", given)]
        if all(each.role != "assistant" for each in given):
            raise SpanFault("there is no message of the assistant in the answer", role)
        return given


def _missing(name: str, raw: str) -> str:
    """That a row has no conversation, and what it has instead."""
    try:
        keys = [key for key, value in json.loads(raw).items() if value is not None]
    except (ValueError, AttributeError, RecursionError):
        keys = []
    has = f"; it has {', '.join(map(repr, keys))}" if keys else ""
    return f"{name!r} is missing in this row, and all rows of a file need one form{has}"
