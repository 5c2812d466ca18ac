"""From the cells of a row to its text and spans, whatever form they are in."""

import json
from collections import Counter
from collections.abc import Sequence
from math import isnan
from typing import Any

from weitiao.io.spans.annotations import FORMS, annotated
from weitiao.io.spans.characters import joined
from weitiao.io.spans.schemes import TagReader
from weitiao.io.spans.span import Span, SpanFault, placed, refuse_misplaced, short


def value_of(cell: Any) -> Any:
    """What a label cell holds: a list or a dictionary, which may be written as JSON.

    An empty cell is an empty list.

    Raises:
        SpanFault: it holds nothing, or something else.
    """
    value = cell
    if isinstance(cell, str):
        if not cell.strip():
            return []
        try:
            value = json.loads(cell)
        except (ValueError, RecursionError) as error:
            raise SpanFault(f"this is neither spans nor tags: {error}", hint=FORMS) from error
    if value is None or (isinstance(value, float) and isnan(value)):
        raise SpanFault("the value is missing", hint="a text without spans has the label []")
    if not isinstance(value, list | dict):
        raise SpanFault(f"a {type(value).__name__} is neither spans nor tags", hint=FORMS)
    return value


def tags_in(value: Any) -> list[Any] | None:
    """The tags, if they are what a label cell holds."""
    if isinstance(value, list) and value and not isinstance(value[0], list | tuple | dict):
        return value
    return None


def text_in(cell: Any) -> str | None:
    """The text of a text cell; null = it is none.

    A list of tokens, which may be written as JSON, is joined; of Label Studio's ``data`` the text
    is taken.

    Raises:
        SpanFault: a token is empty, or no text.
    """
    if isinstance(cell, dict):
        return _of_data(cell)
    tokens = _tokens(cell)
    return joined(tokens)[0] if tokens is not None else cell


def text_and_spans(
    cell: Any, value: Any, reader: TagReader, counts: Counter[str]
) -> tuple[str, list[Span]]:
    """The text of a row and its spans, sorted, each once.

    Args:
        cell: of the text.
        value: of the label cell, as `value_of` gave it.
        reader: has seen the tags of these rows.
        counts: takes what was done to spans, and how often.

    Raises:
        SpanFault: the cells are wrong, or don't fit each other.
    """
    if (tags := tags_in(value)) is not None:
        text, spans = _of_tags(cell, tags, reader)
    else:
        text, spans = _of_spans(cell, value, counts)
    refuse_misplaced(text, spans)
    if repeated := len(spans) - len(set(spans)):
        counts["spans that came twice in a row, merged"] += repeated
    return text, sorted(set(spans))


def _of_spans(cell: Any, value: Any, counts: Counter[str]) -> tuple[str, list[Span]]:
    text = cell if isinstance(cell, str) and value else text_in(cell)
    if not isinstance(text, str):
        problem = "the value is missing" if text is None else f"{short(text)} is not a text"
        raise SpanFault(problem, "text")
    if value == [] and (tokens := _tokens(cell)):
        raise SpanFault(f"there are {len(tokens)} tokens and no tags")
    if value and isinstance(cell, list):
        problem = "spans stand beside a list of tokens: do they count tokens, or characters?"
        raise SpanFault(problem, "text", "give the text itself, or a tag for each token")
    return text, list(annotated(text, value, counts))


def _of_tags(cell: Any, tags: Sequence[Any], reader: TagReader) -> tuple[str, list[Span]]:
    tokens = _tokens(cell)
    unit = "tokens"
    if tokens is None and isinstance(cell, str):
        tokens, unit = list(cell), "characters"
    if tokens is None:
        raise SpanFault("the value is missing" if cell is None else "this is no text", "text")
    if len(tokens) != len(tags):
        problem = f"there are {len(tokens)} {unit} and {len(tags)} tags"
        hint = "name the column of the tokens: {--text} tokens" if unit == "characters" else None
        raise SpanFault(problem, hint=hint)
    text, starts = (cell, range(len(cell))) if unit == "characters" else joined(tokens)
    return text, placed(reader.spans(tags), tokens, starts)


def _tokens(cell: Any) -> list[str] | None:
    """The tokens, if the cell is a list of them, or its JSON text."""
    found = cell
    if isinstance(cell, str) and cell[:1] == "[" and cell[-1:] == "]":
        try:
            found = json.loads(cell)
        except (ValueError, RecursionError):
            return None
        if not found or not all(isinstance(token, str) for token in found):
            return None
    if not isinstance(found, list):
        return None
    for number, token in enumerate(found, 1):
        if not isinstance(token, str):
            raise SpanFault(f"token {number}, {short(token)}, is not a text", "text")
        if not token:
            raise SpanFault(f"token {number} is empty", "text")
    return found


def _of_data(data: dict[str, Any]) -> str:
    """The text among the data of one of Label Studio's tasks."""
    texts = [value for value in data.values() if isinstance(value, str)]
    if isinstance(data.get("text"), str):
        return str(data["text"])
    if len(texts) != 1:
        names = ", ".join(map(repr, data))
        raise SpanFault(f"which of its values is the text? They are {names}", "text")
    return texts[0]
