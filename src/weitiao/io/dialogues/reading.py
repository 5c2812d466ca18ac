"""Rows of a file as conversations: their messages in order, and findings to report."""

from collections.abc import Iterator, Mapping
from typing import Any

from weitiao.io.answers.placing import Tally
from weitiao.io.dialogues.conversation import (
    Conversation,
    Part,
    compared,
    conversation_of,
    parts_of,
    truth,
    with_answer,
)
from weitiao.io.dialogues.layout import GOOD, REJECTED, is_whole
from weitiao.io.dialogues.messages import Message, Role
from weitiao.io.dialogues.roles import Roles
from weitiao.io.dialogues.turns import Keys, Turns, content_of
from weitiao.io.spans.span import SpanFault

BESIDE = ("text.input", "text.history", "text.system")
"""Parts of a row that may stand beside its text."""


class Dialogues:
    """Takes conversations out of rows; keeps what is to be told of all of them.

    Args:
        roles: name of a speaker → role, beside the usual ones.
        compared: whether each has an answer that is not preferred, too.
    """

    def __init__(self, roles: Mapping[str, Role] | None, *, compared: bool = False) -> None:
        self._tally, self._unread = Tally(), Tally()  # of what was done; of keys of messages
        self._keys: Keys | None = None  # of the first conversation
        self._compared, self._turns = compared, Turns(Roles(roles), whole_answers=compared)
        self.filled: dict[str, None] = {}
        """Parts beside the text that some row has."""

    def of_row(
        self, cells: Mapping[str, Any], name: str, row: int, *, answered: bool
    ) -> Conversation:
        """The conversation of a row.

        Args:
            cells: role or part of one (``text``, ``text.history``, …) → text or list; null = it is
                missing. Without a ``label`` an answer is the last message of the text.
            name: of the column of the text.
            row: its number, to tell.
            answered: whether an answer is wanted.

        Raises:
            SpanFault: there is none; names the part at fault.
        """
        self._turns.begin()
        parts = self._prompt(cells, name, answered=answered)
        if "label" in cells:
            if parts[-1].message.role == "assistant":
                problem = "the prompt ends with an answer, and another one follows"
                raise SpanFault(problem, parts[-1].cell)
            parts = with_answer(parts, self._answer(cells["label"], "label"))
        found = conversation_of(parts, row, self._tally, answered=answered)
        if GOOD in cells:
            found = found._replace(good=truth(cells[GOOD]))
        if self._compared:
            answer = self._answer(cells[REJECTED], REJECTED)
            other = with_answer(parts_of(found.prompt), answer)
            found = compared(found, conversation_of(other, row, self._tally, answered=True))
        self._count_keys(row)
        return found

    def facts(self) -> Iterator[str]:
        """By which keys messages were read, who speaks, and what was done."""
        if self._keys is not None:
            of = "" if self._keys[0] is None else "of a message, "
            yield of + _meaning(*self._keys)
        if roles := self._turns.roles.others:
            meant = (f"{name!r} is the {role}" for name, role in roles.items())
            yield f"who speaks: {', '.join(meant)}"
        if unread := [*self._unread.facts()]:
            yield f"keys of messages that aren't read: {', '.join(unread)}"
        yield from self._tally.facts()

    def _count_keys(self, row: int) -> None:
        """Count by which keys messages were read, where they are others than the first ones."""
        for keys in self._turns.keys:
            self._keys = self._keys or keys
            if keys != self._keys:
                self._tally.add(f"rows of other keys, where {_meaning(*keys)}", row)
        for key in self._turns.unread:
            self._unread.add(repr(key), row)

    def _prompt(self, cells: Mapping[str, Any], name: str, *, answered: bool) -> list[Part]:
        """What comes before the answer; or all messages, where the answer is one of them."""
        cell = cells["text"]
        alone = "label" not in cells and (answered or isinstance(cell, list))
        whole = alone or is_whole(name)
        given = self._turns.whole(cell) if whole else self._turns.maybe(cell, "text")
        if isinstance(given, str):
            given = [Message("user", given)]
        parts = parts_of(given)
        if (about := self._beside(cells, "text.input")) is not None:
            text = content_of(about, "the value", "text.input")
            if len(given) == 1 and given[0].role == "user":
                texts = filter(None, (given[0].content, text))
                parts = parts_of([Message("user", "\n".join(texts))])
            else:
                parts += parts_of([Message("user", text)], "text.input")
        if (history := self._beside(cells, "text.history")) is not None:
            parts = [*parts_of(self._turns.pairs(history), "text.history"), *parts]
        if (told := self._beside(cells, "text.system")) is not None:
            system = Message("system", content_of(told, "the value", "text.system"))
            if parts[0].message != system:
                parts = [*parts_of([system], "text.system"), *parts]
        return parts

    def _beside(self, cells: Mapping[str, Any], role: str) -> Any:
        """A cell beside the text; null = it is empty, or there is none."""
        cell = cells.get(role)
        if cell is None or cell == [] or (isinstance(cell, str) and not cell.strip()):
            return None
        self.filled[role] = None
        return cell

    def _answer(self, cell: Any, role: str) -> list[Part]:
        """The messages of an answer in a column of its own, of which one is the model's."""
        if cell is None or (isinstance(cell, str) and not cell.strip()):
            problem = "the answer is missing" if cell is None else "the answer is empty"
            raise SpanFault(problem, role)
        given = self._turns.maybe(cell, role)
        if isinstance(given, str):
            given = [Message("assistant", given)]
        if all(each.role != "assistant" for each in given):
            raise SpanFault("there is no message of the assistant in the answer", role)
        return parts_of(given, role)


def _meaning(speaks: str | None, says: str) -> str:
    """What the keys of messages are."""
    if speaks is not None:
        return f"{speaks!r} says who speaks, and {says!r} what"
    of = f" ({says!r})" if says else ""
    return f"messages{of} name no speaker: user and assistant take turns"
