"""From messages to what a model reads and what it has to say, as chat templates demand them."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from weitiao.io.answers.placing import Tally
from weitiao.io.dialogues.layout import REJECTED
from weitiao.io.dialogues.messages import Message, Role, as_cell
from weitiao.io.dialogues.roles import Roles
from weitiao.io.dialogues.turns import Turns
from weitiao.io.spans.span import SpanFault

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


class Conversation(NamedTuple):
    """A conversation up to its last answer.

    Args:
        prompt: what comes before that, with a message of the user or of a tool at its end.
        answer: null = none is wanted.
        rejected: another answer, which is not preferred; null = there is none.
    """

    prompt: list[Message]
    answer: str | None
    rejected: str | None = None


def conversation_of(
    messages: Sequence[Message], row: int, tally: Tally, *, answered: bool, role: str = "text"
) -> Conversation:
    """What is read of messages.

    Args:
        row: their number, to tell.
        answered: whether an answer is wanted.
        role: whose cell they are of.

    Raises:
        SpanFault: there is none, it is empty, or the messages stand in an order that no template
            takes.
    """
    asked = [place for place, each in enumerate(messages, 1) if each.role != "assistant"]
    if not answered and asked and asked[-1] < len(messages):
        tally.add(_ANSWERED, row, messages[-1].content)  # which may be empty, a place for it
        messages = messages[: asked[-1]]
    kept = _joined(messages, row, tally, role)
    _refuse_order(kept, role)
    answers = [place for place, each in enumerate(kept) if each.role == "assistant"]
    if not answered:
        return Conversation(kept, None)
    if not answers:
        raise SpanFault("there is no answer in the conversation", role)
    last = kept[answers[-1]]
    if not last.learn:
        raise SpanFault("the last answer is marked as one not to learn", role, "leave it out")
    for each in kept[answers[-1] + 1 :]:
        tally.add(_BEHIND, row, each.content)
    return Conversation(kept[: answers[-1]], last.content)


def with_answer(prompt: Sequence[Message], answer: Sequence[Message]) -> list[Message]:
    """A prompt and its answer, with which the prompt may stand once more."""
    said = [(one.role, one.content) for one in prompt]
    repeated = [(one.role, one.content) for one in answer[: len(said)]] == said
    return [*answer] if repeated else [*prompt, *answer]


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


def prompt_of(value: Any) -> str:
    """A conversation that a program gives, as a cell: what is to be answered.

    Args:
        value: messages, in any form of docs/data.md; an answer at their end is left out.

    Raises:
        SpanFault: they are none.
    """
    messages = Turns(Roles(None)).whole([value] if isinstance(value, Mapping) else value)
    return as_cell(conversation_of(messages, 1, Tally(), answered=False).prompt)


def _joined(messages: Sequence[Message], row: int, tally: Tally, role: str) -> list[Message]:
    """The messages, those of one speaker in a row as one."""
    found = list[Message]()
    for number, each in enumerate(messages, 1):
        if not each.content.strip():
            if each.role == "assistant":
                raise SpanFault(f"the answer in message {number} is empty", role)
            tally.add(_EMPTY.get(each.role, _NO_SYSTEM), row, each.content)
            if each.role == "system":
                continue
        if not found or found[-1].role != each.role or each.role == "tool":
            found.append(each)
            continue
        if found[-1].learn != each.learn:
            problem = f"of two answers in a row, message {number - 1} and {number}, one is to learn"
            raise SpanFault(problem, role, "a message of the user between them")
        tally.add(_JOINED[each.role], row, each.content)
        found[-1] = each._replace(content=f"{found[-1].content}\n{each.content}")
    return found


def _refuse_order(messages: Sequence[Message], role: str) -> None:
    """Refuse an order that no chat template takes."""
    begin = int(bool(messages) and messages[0].role == "system")
    if len(messages) == begin:
        raise SpanFault("nothing is asked in the conversation", role)
    if (first := messages[begin].role) != "user":
        who = "an answer" if first == "assistant" else "what a tool says"
        raise SpanFault(f"the conversation begins with {who}, and not with the user", role)
    for before, each in zip(messages[begin:], messages[begin + 1 :], strict=False):
        if each.role == "system":
            raise SpanFault(
                "a system message stands in the middle of the conversation", role, _FIRST
            )
        if each.role == "tool" and before.role == "user":
            raise SpanFault("a tool speaks though no answer has called it", role)


_FIRST = "put it first, or into a message of the user"
