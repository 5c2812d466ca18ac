"""The messages of a conversation, and how those before the last answer are stored in a table."""

import json
from collections.abc import Sequence
from typing import Any, Literal, NamedTuple, get_args

Role = Literal["system", "user", "assistant", "tool"]
ROLES: tuple[Role, ...] = get_args(Role)
_KEYS = {"role", "content", "learn"}


class Message(NamedTuple):
    """What one says in a conversation.

    Args:
        role: who says it.
        learn: whether an answer is one to learn from.
    """

    role: Role
    content: str
    learn: bool = True


def as_cell(messages: Sequence[Message]) -> str:
    """What stands before an answer, as a cell.

    The text itself if that is all that the user says, or JSON: ``[{"role": "user", "content":
    "…"}, …]``, with ``"learn": false`` beside an answer that isn't to be learned.
    """
    if len(messages) == 1 and messages[0].role == "user":
        text = messages[0].content
        if messages_in(text) == [*messages]:
            return text
    return json.dumps([*map(_written, messages)], ensure_ascii=False)


def messages_in(cell: str) -> list[Message]:
    """The reverse of `as_cell`: whatever isn't such JSON is what the user says."""
    if cell.startswith("[") and cell.endswith("]"):
        try:
            values = json.loads(cell)
        except (ValueError, RecursionError):
            values = None
        if values and all(map(_is_message, values)):
            return [Message(v["role"], v["content"], v.get("learn", True)) for v in values]
    return [Message("user", cell)]


def _written(message: Message) -> dict[str, Any]:
    own = {"role": message.role, "content": message.content}
    return own if message.learn else {**own, "learn": False}


def _is_message(value: Any) -> bool:
    return (
        isinstance(value, dict)
        and {"role", "content"} <= value.keys() <= _KEYS
        and value["role"] in ROLES
        and isinstance(value["content"], str)
        and isinstance(value.get("learn", True), bool)
    )
