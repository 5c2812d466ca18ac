"""Conversations that are too long: refused, shortened or dropped."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import takewhile
from typing import Literal

from weitiao.io.dialogues.messages import Message

TooLong = Literal["refuse", "drop", "cut_prompt"]


def ever_shorter(messages: Sequence[Message]) -> list[list[Message]]:
    """A conversation, and the same without its oldest turns, ever fewer of them.

    System messages at its beginning stay, and so does what its last user says, and after that.
    """
    begin = len([*takewhile(lambda one: one.role == "system", messages)])
    places = [i for i in range(begin + 1, len(messages)) if messages[i].role == "user"]
    return [[*messages], *([*messages[:begin], *messages[place:]] for place in places)]
