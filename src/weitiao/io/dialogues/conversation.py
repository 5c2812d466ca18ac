"""From messages to a prompt and an answer, in the order that chat templates demand."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from weitiao.io.answers.placing import Tally
from weitiao.io.dialogues.layout import GOOD, REJECTED
from weitiao.io.dialogues.messages import Message, Role, as_cell
from weitiao.io.dialogues.roles import Roles
from weitiao.io.dialogues.turns import Turns
from weitiao.io.spans.span import SpanFault, short

_JOINED: dict[Role, str] = {
    "user": "messages of the user that follow each other, joined by a line break",
    "assistant": "answers that follow each other, joined by a line break",
    "system": "system messages that follow each other, joined by a line break",
}
_EMPTY: dict[Role, str] = {
    "user": "messages of the user that are empty",
    "tool": "messages of a tool that are empty",
}
_NO_SYSTEM = "system messages that are empty, left out"
_BEHIND = "messages behind the last answer, left out"
_ANSWERED = "conversations that have their answer, which is left out: it is to be predicted"


class Part(NamedTuple):
    """A message where it stands in a row.

    Args:
        cell: role of its column.
        number: its place there, from 1.
    """

    message: Message
    cell: str = "text"
    number: int = 1


class Conversation(NamedTuple):
    """A conversation up to its last answer.

    Args:
        prompt: what comes before that, with a message of the user or of a tool at its end.
        answer: null = none is wanted.
        rejected: another answer, which is not preferred; null = there is none.
        good: whether the answer is, as a table has it: ``true`` or ``false``; null = nobody says.
    """

    prompt: list[Message]
    answer: str | None
    rejected: str | None = None
    good: str | None = None


def parts_of(messages: Sequence[Message], cell: str = "text") -> list[Part]:
    """The messages of one cell."""
    return [Part(each, cell, number) for number, each in enumerate(messages, 1)]


def conversation_of(
    parts: Sequence[Part], row: int, tally: Tally, *, answered: bool
) -> Conversation:
    """What is read of messages.

    Args:
        row: their number, to tell.
        answered: whether an answer is wanted.

    Raises:
        SpanFault: there is none, it is empty, or the messages stand in an order that no template
            takes; names the cell.
    """
    asked = [place for place, each in enumerate(parts, 1) if each.message.role != "assistant"]
    if not answered and asked and asked[-1] < len(parts):
        tally.add(_ANSWERED, row, parts[-1].message.content)  # which may be empty, a place for it
        parts = parts[: asked[-1]]
    kept = _joined(parts, row, tally)
    _refuse_order(kept)
    messages = [each.message for each in kept]
    answers = [place for place, each in enumerate(messages) if each.role == "assistant"]
    if not answered:
        return Conversation(messages, None)
    if not answers:
        raise SpanFault("there is no answer in the conversation", parts[-1].cell)
    last = messages[answers[-1]]
    if not last.learn:
        problem = "the last answer is marked as one not to learn"
        raise SpanFault(problem, kept[answers[-1]].cell, "leave it out")
    for each in messages[answers[-1] + 1 :]:
        tally.add(_BEHIND, row, each.content)
    return Conversation(messages[: answers[-1]], last.content)


def with_answer(prompt: Sequence[Part], answer: Sequence[Part]) -> list[Part]:
    """A prompt and its answer, with which the prompt may stand once more."""
    said = [(one.message.role, one.message.content) for one in prompt]
    begins = [(one.message.role, one.message.content) for one in answer[: len(said)]]
    return [*answer] if begins == said else [*prompt, *answer]


def compared(preferred: Conversation, other: Conversation) -> Conversation:
    """The preferred conversation with the answer of the other one.

    Raises:
        SpanFault: the answers are to other prompts, or are the same.
    """
    if preferred.prompt != other.prompt:
        problem = "what comes before this answer is not what comes before the preferred one"
        raise SpanFault(problem, REJECTED, "both answers have to follow the same messages")
    if preferred.answer == other.answer:
        problem = "both answers are the same, so that none can be preferred"
        raise SpanFault(problem, REJECTED, "leave such rows out")
    return preferred._replace(rejected=other.answer)


_TRUTH = {"true": "true", "false": "false", "1": "true", "0": "false"}


def truth(cell: Any) -> str:
    """Whether an answer is good, as a table has it: ``true`` or ``false``.

    Raises:
        SpanFault: it is neither.
    """
    found = _TRUTH.get(str(cell).strip().casefold().removesuffix(".0"))
    if found is None:
        missing = "is missing" if cell is None else f"is {short(cell)}, neither true nor false"
        raise SpanFault(f"whether the answer is good {missing}", GOOD)
    return found


def prompt_of(value: Any, roles: Mapping[str, Role] | None = None) -> str:
    """A conversation that a program gives, as a cell: what is to be answered.

    Args:
        value: messages, in any form of docs/data.md; an answer at their end is left out.
        roles: name of a speaker → role, beside the usual ones.

    Raises:
        SpanFault: they are none.
    """
    messages = Turns(Roles(roles)).whole([value] if isinstance(value, Mapping) else value)
    return as_cell(conversation_of(parts_of(messages), 1, Tally(), answered=False).prompt)


def _joined(parts: Sequence[Part], row: int, tally: Tally) -> list[Part]:
    """The messages, those of one speaker in a row as one."""
    found, before = list[Part](), 0
    for part in parts:
        each, cell, number = part
        if not each.content.strip():
            if each.role == "assistant":
                raise SpanFault(f"the answer in message {number} is empty", cell)
            tally.add(_EMPTY.get(each.role, _NO_SYSTEM), row, each.content)
            if each.role == "system":
                continue
        last = found[-1].message if found else None
        if last is None or last.role != each.role or each.role == "tool":
            found.append(part)
        elif last.learn != each.learn:
            problem = f"of two answers in a row, message {before} and {number}, one is to learn"
            raise SpanFault(problem, cell, "a message of the user between them")
        else:
            tally.add(_JOINED[each.role], row, each.content)
            joined = each._replace(content=f"{last.content}\n{each.content}")
            found[-1] = found[-1]._replace(message=joined)
        before = number
    return found


def _refuse_order(parts: Sequence[Part]) -> None:
    """Refuse an order that no chat template takes."""
    begin = int(bool(parts) and parts[0].message.role == "system")
    if len(parts) == begin:
        raise SpanFault("nothing is asked in the conversation", "text")
    if (first := parts[begin]).message.role != "user":
        who = "an answer" if first.message.role == "assistant" else "what a tool says"
        raise SpanFault(f"the conversation begins with {who}, and not with the user", first.cell)
    for (before, _, _), (each, cell, _) in zip(parts[begin:], parts[begin + 1 :], strict=False):
        if each.role == "system":
            raise SpanFault(
                "a system message stands in the middle of the conversation", cell, _FIRST
            )
        if each.role == "tool" and before.role == "user":
            raise SpanFault("a tool speaks though no answer has called it", cell)


_FIRST = "put it first, or into a message of the user"
