"""Conversations in one text that names who speaks, as Anthropic's HH-RLHF has them."""

import re

from weitiao.io.dialogues.messages import Message, Role

_TURN = re.compile(r"(?:^|\n\n)(Human|Assistant):[ \t]?")
_ROLES: dict[str, Role] = {"Human": "user", "Assistant": "assistant"}


def transcript_in(text: str) -> list[Message] | None:
    """The messages of such a text; null = it is none."""
    before, *turns = _TURN.split(text.lstrip())
    if before or not turns or turns[0] != "Human":
        return None
    pairs = zip(turns[::2], turns[1::2], strict=True)
    return [Message(_ROLES[name], said.strip()) for name, said in pairs]
