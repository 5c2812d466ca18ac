"""Requests read from JSON and checked, and the JSON of their answers."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from weitiao.errors import DataError
from weitiao.evaluation.predictor import Predictions
from weitiao.io.choices.forms import check_options, options_in
from weitiao.io.spans.span import SpanFault
from weitiao.io.text_lists import as_cell
from weitiao.serving.limits import Limits, Refused
from weitiao.serving.models import DEFAULT, Model, Models, Served

PARTS = 5_000
"""Messages of a conversation and their keys: the time that they take grows with the square."""
DIGITS = 7  # of a probability; a number of 32 bits has no more
_KINDS = {"NoneType": "null", "dict": "an object", "list": "a list", "str": "a text"}


@dataclass(frozen=True)
class Query:
    """A request that can be answered.

    Args:
        name: of the model.
        texts: texts, or pairs of them as tuples, the second perhaps a list of options as JSON;
            conversations as JSON, too.
    """

    name: str
    served: Served
    texts: list[Any]


def read_query(body: bytes, models: Models, limits: Limits) -> Query:
    """The request that a body holds.

    Raises:
        Refused: it is no JSON, asks for what there isn't, or for too much; says where.
    """
    content = json_of(body)
    if not isinstance(content, dict) or "texts" not in content:
        raise Refused(422, 'the body is not {"texts": ["…", …]}')
    if unknown := content.keys() - {"texts", "model"}:
        raise Refused(422, f"there is nothing called {min(unknown)[:40]!r} but texts and model")
    name, served = model_of(content.get("model"), models)
    texts = content["texts"]
    if not isinstance(texts, list):
        raise Refused(422, f"texts: this is not a list but {kind_of(texts)}")
    if len(texts) > limits.texts:
        reason = f"texts: {len(texts):,} are more than the {limits.texts:,} of a request"
        raise Refused(413, reason)
    if served.model.options:
        texts = [*_with_options(texts)]
    if served.model.chat:
        texts = [*_conversations(texts, served.model, limits)]
    return Query(name, served, [*_rows(texts, limits, served.model)])


def json_of(body: bytes) -> Any:
    """What a body holds.

    Raises:
        Refused: it is no JSON.
    """
    try:
        return json.loads(body.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise Refused(400, f"the body is not UTF-8: byte {error.start}") from None
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise Refused(400, f"the body is not JSON: {where}: {error.msg}") from None
    except (RecursionError, ValueError):  # a number of more digits than Python reads
        raise Refused(400, "the body is not JSON that can be read") from None


def model_of(name: Any, models: Models) -> tuple[str, Served]:
    """The model of a name; without one, the only one or that without a name.

    Raises:
        Refused: there is none, or several.
    """
    known = ", ".join(models)
    if name is None:
        if len(models) > 1 and DEFAULT not in models:
            raise Refused(422, f"model: which one? There are {known}")
        name = DEFAULT if DEFAULT in models else next(iter(models))
    if not isinstance(name, str) or name not in models:
        raise Refused(404, f"model: there is none of that name; there are {known}")
    return name, models[name]


def _with_options(texts: list[Any]) -> Iterator[Any]:
    """Rows of a question and its options, these as a model's table has them.

    They are a list, its JSON, or stand in a text line by line, as a person types them.
    """
    for place, row in enumerate(texts):
        if not isinstance(row, list) or len(row) != len(("question", "options")):
            wanted = 'a question and its options, ["…", ["…", "…"]]'
            raise Refused(422, f"texts[{place}]: this is not {wanted} but {kind_of(row)}")
        question, options = row
        if isinstance(options, str) and not options.lstrip().startswith("["):
            options = [line for line in options.splitlines() if line.strip()]
        try:
            found = options_in(options).texts
            check_options(found, "")
        except SpanFault as fault:
            raise Refused(422, f"texts[{place}]: {fault.problem}") from None
        yield [question, as_cell(found)]


def _conversations(texts: list[Any], model: Model, limits: Limits) -> Iterator[Any]:
    """Conversations as texts, in any form in which files have their messages."""
    for place, row in enumerate(texts):
        row = row["messages"] if isinstance(row, dict) and "messages" in row else row
        yield conversation_of(f"texts[{place}]", row, model, limits)


def conversation_of(place: str, row: Any, model: Model, limits: Limits) -> Any:
    """A conversation as a text, unless it is too long to be looked at; what is none, as it is.

    Raises:
        Refused: it is too long, or can't be answered.
    """
    if isinstance(row, str):
        check_texts(place, [row], limits)
    if isinstance(row, list | dict):
        parts = row.values() if isinstance(row, dict) else row
        size = sum(1 + (len(each) if isinstance(each, list | dict) else 0) for each in parts)
        if size > PARTS:
            reason = f"{place}: {size:,} messages and keys of such are more than {PARTS:,}"
            raise Refused(413, reason)
    try:
        return model.conversation(row)
    except DataError as fault:
        raise Refused(422, f"{place}: {fault.problem}") from None


def _rows(texts: list[Any], limits: Limits, model: Model) -> Iterator[Any]:
    pair = model.pair
    for place, row in enumerate(texts):
        cells = row if pair and isinstance(row, list) else [row]
        if len(cells) != 1 + pair or not all(isinstance(cell, str) for cell in cells):
            wanted = 'a pair of texts, ["…", "…"]' if pair else "a text"
            wanted += " or a list of messages" if model.chat else ""
            raise Refused(422, f"texts[{place}]: this is not {wanted} but {kind_of(row)}")
        check_texts(f"texts[{place}]", cells, limits)
        yield tuple(cells) if pair else row


def check_texts(place: str, cells: Sequence[str], limits: Limits) -> None:
    """See to it that the texts of a row are such, and not too long.

    Raises:
        Refused: they aren't.
    """
    if (size := sum(map(len, cells))) > limits.characters:
        raise Refused(413, f"{place}: {size:,} characters are more than {limits.characters:,}")
    if any("\ud800" <= character <= "\udfff" for cell in cells for character in cell):
        raise Refused(422, f"{place}: half of a surrogate pair is no character")


def kind_of(value: Any) -> str:
    """What a value of JSON is, in words."""
    if isinstance(value, bool):
        return "true or false"
    return _KINDS.get(type(value).__name__, "a number")


def answers(texts: Sequence[Any], found: Predictions) -> list[dict[str, Any]]:
    """What is said of each text, as plain values.

    Returns:
        ``label`` and, of classes, ``probabilities``; ``cleaned`` where the model got another text
        than was sent; ``cut``, the spans of that which it did not read, where there are any, of
        pairs those of each text; ``more``, by name, where there is more to tell.
    """
    said = [None] * len(texts) if found.probabilities is None else found.probabilities.tolist()
    unread = found.unread or [[]] * len(texts)
    more = [
        {name: _shortened(values[i]) for name, values in found.columns.items()}
        for i in range(len(texts))
    ]
    rows = zip(texts, found.labels, said, found.cleaned or texts, unread, more, strict=True)
    return [
        {
            "label": label,
            **({} if sure is None else {"probabilities": _rounded(found.classes, sure)}),
            **({} if cleaned == text else {"cleaned": cleaned}),
            **({"cut": cut if len(cut) > 1 else cut[0]} if any(cut) else {}),
            **({"more": columns} if columns else {}),
        }
        for text, label, sure, cleaned, cut, columns in rows
    ]


def _shortened(value: Any) -> Any:
    """A value whose fractions have no more digits than they mean."""
    if isinstance(value, list):
        return [*map(_shortened, value)]
    if isinstance(value, dict):
        return {name: _shortened(item) for name, item in value.items()}
    return round(value, DIGITS) if isinstance(value, float) else value


def _rounded(classes: Sequence[str], sure: Sequence[float]) -> Mapping[str, float]:
    return {name: round(p, DIGITS) for name, p in zip(classes, sure, strict=True)}
