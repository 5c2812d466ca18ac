"""JSON Lines of prompts or conversations."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from weitiao.errors import DataError
from weitiao.generation.conversation import FORM, asked, messages_of
from weitiao.generation.options import LENGTH, Generation, is_text
from weitiao.generation.speaker import Speaker, Unsayable
from weitiao.io.dialogues.messages import Message

PROMPT, MESSAGES = "prompt", "messages"
SAID, ENDED = "generated", "ended"
"""What is added to a row: what the model says, and whether it or a stop string ended it."""


class Line(NamedTuple):
    """A row of a file.

    Args:
        number: of its line, from 1.
        values: as they stand there.
    """

    number: int
    values: dict[str, Any]


class Ready(NamedTuple):
    """A row as the model reads it.

    Args:
        ids: of the prompt.
        length: most ids that are added.
        shown: the text that is gone on with; empty = it is answered.
        left_out: how many of the oldest messages didn't fit.
        unknown: what of it the model doesn't know, in words.
    """

    ids: list[int]
    length: int
    shown: str
    left_out: int
    unknown: str


def lines_of(path: Path) -> Iterator[Line]:
    """The rows of a file; empty lines are none.

    Raises:
        DataError: a line is no JSON object, or not in UTF-8.
    """
    with path.open("rb") as file:
        for number, content in enumerate(file, 1):
            text = content.removeprefix(b"\xef\xbb\xbf") if number == 1 else content
            if text.strip():
                yield Line(number, _object(path, number, text))


def ready(line: Line, path: Path, speaker: Speaker, options: Generation) -> Ready:
    """A row's prompt, or its conversation.

    Raises:
        DataError: it has neither, or one that can't be gone on with.
    """
    values = line.values
    for name in (SAID, ENDED):
        if name in values:
            problem = f"the rows have {name!r} already, where the answer would stand"
            raise DataError(problem, file=path, row=line.number, column=name)
    column = MESSAGES if MESSAGES in values else PROMPT
    try:
        return _ready(values, speaker, options)
    except Unsayable as error:
        raise DataError(
            str(error),
            file=path,
            row=line.number,
            column=column if column in values else None,
            value=values.get(column),
            hint=error.hint,
        ) from error


def written(line: Line, said: list[str], ended: list[bool]) -> bytes:
    """The row with what the model says; of several texts, lists."""
    alone = len(said) == 1
    added = {SAID: said[0] if alone else said, ENDED: ended[0] if alone else ended}
    return json.dumps({**line.values, **added}, ensure_ascii=False).encode() + b"\n"


def _ready(values: Mapping[str, Any], speaker: Speaker, options: Generation) -> Ready:
    if PROMPT in values and MESSAGES in values:
        raise Unsayable("this has a prompt and messages", "one of them")
    if MESSAGES in values:
        return _answered(messages_of(values[MESSAGES]), speaker, options)
    if not isinstance(prompt := values.get(PROMPT), str):
        raise Unsayable("this has no prompt that is a text", f'"prompt": "…", or {FORM}')
    if options.chat:
        if not prompt.strip():
            raise Unsayable("the prompt is empty", "leave out the row, or ask something")
        return _answered([Message("user", prompt)], speaker, options)
    ids, unknown = speaker.encode(prompt)
    return Ready(ids, speaker.length(len(ids), options, LENGTH), prompt, 0, unknown)


def _answered(messages: list[Message], speaker: Speaker, options: Generation) -> Ready:
    found = asked(speaker, messages, options)
    unknown = speaker.unknown("\n".join(each.content for each in messages))
    return Ready(found.ids, found.length, "", found.left_out, unknown)


def _object(path: Path, number: int, content: bytes) -> dict[str, Any]:
    try:
        value = json.loads(content)
    except (ValueError, RecursionError) as error:
        shown = content.decode("utf-8", "replace").strip()
        raise DataError(
            f"this is no JSON: {error}", file=path, row=number, value=shown, hint=_LINE
        ) from error
    if not isinstance(value, dict):
        raise DataError("this is no JSON object", file=path, row=number, value=value, hint=_LINE)
    if not is_text(json.dumps(value, ensure_ascii=False)):
        raise DataError("this is no text in UTF-8: half a character", file=path, row=number)
    return value


_LINE = 'an object each line: {"prompt": "…"} or {' + FORM + "}"
