"""JSON Lines of prompts or conversations."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from weitiao.errors import DataError
from weitiao.generation.conversation import asked
from weitiao.generation.options import LENGTH, Generation, is_text
from weitiao.generation.speaker import Speaker, Unsayable
from weitiao.io.dialogues.layout import USUAL, columns_of, is_whole
from weitiao.io.dialogues.reading import Dialogues
from weitiao.io.tables.reply_cells import prompt_of_row

PROMPT = "prompt"
SAID, ENDED = "generated", "ended"
"""What is added to a row: what the model says, and whether it or a stop string ended it."""
_FORM = '"messages": [{"role": "user", "content": "…"}, …]'


class Line(NamedTuple):
    """A row of a file.

    Args:
        number: of its line, from 1.
        text: as it stands there.
        values: what it says.
    """

    number: int
    text: str
    values: dict[str, Any]

    @property
    def filled(self) -> dict[str, Any]:
        """The values but for those that are null."""
        return {name: value for name, value in self.values.items() if value is not None}


class Ready(NamedTuple):
    """A row as the model reads it.

    Args:
        ids: of the prompt.
        length: most ids that are added.
        shown: the text that is continued; empty = it is answered.
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
            line = content.removeprefix(b"\xef\xbb\xbf") if number == 1 else content
            if line.strip():
                yield _line(path, number, line.strip())


def talks(line: Line, options: Generation) -> bool:
    """Whether a row is answered: it is a conversation, or all of them are to be."""
    values = line.filled
    return options.chat or any(map(is_whole, values)) or isinstance(values.get(PROMPT), list)


def ready(
    line: Line, path: Path, speaker: Speaker, options: Generation, dialogues: Dialogues
) -> Ready:
    """A row's prompt, or its conversation.

    Args:
        dialogues: reads conversations as `predict` does.

    Raises:
        DataError: it has neither, or one that can't be continued.
    """
    values = line.filled
    place: dict[str, Any] = {"file": path, "row": line.number}
    for name in (SAID, ENDED):
        if name in line.values:
            problem = f"the rows have {name!r} already, where the answer would stand"
            raise DataError(problem, **place, column=name)
    try:
        if talks(line, options):
            return _answered(line, speaker, options, dialogues)
        return _gone_on_with(values, speaker, options)
    except DataError as error:
        error.file = path
        raise
    except Unsayable as error:
        value = values.get(PROMPT)
        column = None if value is None or talks(line, options) else PROMPT
        raise DataError(str(error), **place, column=column, value=value, hint=error.hint) from error


def written(line: Line, said: list[str], ended: list[bool]) -> bytes:
    """The row as it stands, with what the model says behind; of several texts, lists."""
    alone = len(said) == 1
    added = {SAID: said[0] if alone else said, ENDED: ended[0] if alone else ended}
    own = line.text.removesuffix("}").rstrip()
    between = "" if own == "{" else ", "
    return f"{own}{between}{json.dumps(added, ensure_ascii=False)[1:]}\n".encode()


def _gone_on_with(values: Mapping[str, Any], speaker: Speaker, options: Generation) -> Ready:
    if not isinstance(prompt := values.get(PROMPT), str):
        name = columns_of({"text": USUAL["text"]}, [*values])["text"]
        hint = f'"prompt": "…", or {_FORM}'
        hint += f"; {{--chat}} true answers what stands in {name!r}" if name in values else ""
        raise Unsayable("this has no prompt that is a text", hint)
    ids, unknown = speaker.encode(prompt)
    return Ready(ids, speaker.length(len(ids), options, LENGTH), prompt, 0, unknown)


def _answered(line: Line, speaker: Speaker, options: Generation, dialogues: Dialogues) -> Ready:
    messages = prompt_of_row(line.values, dialogues, line.number)
    if messages is None:
        raise Unsayable("this has no prompt and no messages", f'"prompt": "…", or {_FORM}')
    found = asked(speaker, messages, options)
    unknown = speaker.unknown("\n".join(each.content for each in messages))
    return Ready(found.ids, found.length, "", found.left_out, unknown)


def _line(path: Path, number: int, content: bytes) -> Line:
    try:
        text = content.decode()
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        shown = content.decode("utf-8", "replace")
        raise DataError(
            f"this is no JSON: {error}", file=path, row=number, value=shown, hint=_LINE
        ) from error
    if not isinstance(value, dict):
        raise DataError("this is no JSON object", file=path, row=number, value=value, hint=_LINE)
    if not is_text(json.dumps(value, ensure_ascii=False)):
        raise DataError("this is no text in UTF-8: half a character", file=path, row=number)
    return Line(number, text, value)


_LINE = 'an object each line: {"prompt": "…"} or {' + _FORM + "}"
