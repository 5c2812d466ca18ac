"""Checks that the ids to be learned decode to the answer."""

from __future__ import annotations

from collections.abc import Sequence

from weitiao.errors import ConfigError
from weitiao.inputs.chat.conversations import Conversation, Fitted
from weitiao.inputs.chat.encoder import ChatEncoder
from weitiao.inputs.chat.marks import MARK


def inexact(
    encoder: ChatEncoder, rows: Sequence[Conversation], fitted: Sequence[Fitted]
) -> list[bool]:
    """By row, whether its last answer comes out as another text, which no training can mend.

    A tokenizer may fold characters into others, or lack them. White space around an answer doesn't
    count.

    Raises:
        ConfigError: the ids of a row say something else than the answer's own ids do.
    """
    places = [i for i, each in enumerate(fitted) if len(each.ids.ids) > each.ids.prompt]
    said = encoder.said([fitted[i].ids.ids[fitted[i].ids.prompt :] for i in places])
    found = [False] * len(rows)
    for place, text in zip(places, said, strict=True):
        answer = rows[place].messages[-1].content
        if text.strip() == answer.replace(MARK, "").strip():
            continue
        found[place], alone = True, encoder.alone(answer)
        if text.strip() != alone.strip():
            row = rows[place]
            raise ConfigError(
                f": what is to be learned says {_short(text)}, and the answer is {_short(alone)}"
                f" ({row.file}, row {row.row})",
                field="template",
                hint="a template of your own: {--template} FILE.jinja",
            )
    return found


def _short(text: str) -> str:
    return repr(text if len(text) <= 60 else f"{text[:60]}…")
