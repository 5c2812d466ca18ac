"""Questions nested under their texts, as in SQuAD and MRQA, one by one."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from weitiao.io.spans.span import short

FORM = '{"context": …, "qas": [{"question": …, "answers": […]}]}'
"""The way out where a file is none."""
_RENAMED = {
    "context_text": "context",
    "query_text": "question",
}  # CMRC 2018 as it was published
_IDS = ("id", "qid", "query_id")
_INNER = ("data", "paragraphs", "qas")


class Question(NamedTuple):
    """A question, or what stands in a question's place.

    Args:
        values: what the file says of it: its own keys (in the names of SQuAD), and those of its
            text and article but for their ids.
        problem: why it is none; null = it is one.
        empty: whether it only says that a text has no question.
    """

    values: dict[str, Any]
    problem: str | None = None
    empty: bool = False


def holds_questions(value: Mapping[str, Any]) -> bool:
    """Whether an object is an article or a text with questions, or MRQA's header."""
    if isinstance(value.get("paragraphs"), list) or isinstance(value.get("qas"), list):
        return True
    data = value.get("data")
    articles = data if isinstance(data, list) else []
    return is_header(value) or any(
        isinstance(each, dict) and holds_questions(each) for each in articles
    )


def is_header(value: Mapping[str, Any]) -> bool:
    """Whether an object is what a file of MRQA begins with."""
    return value.keys() == {"header"}


def questions_of(value: Any, outer: Mapping[str, Any] | None = None) -> Iterator[Question]:
    """The questions of an article, or of a text.

    Args:
        outer: what holds for each of them.
    """
    if not isinstance(value, dict):
        yield Question({"value": value}, f"{short(value)} is no object of a text and its questions")
        return
    key = next((name for name in _INNER if isinstance(value.get(name), list)), None)
    shared = {**(outer or {}), **_shared(value)}
    if key is None:
        problem = f"there is no list 'qas'; the keys are {', '.join(map(repr, value))}"
        yield Question(value, problem)
    elif key == "qas":
        if not value[key]:
            yield Question(shared, empty=True)
        yield from (_question(each, shared) for each in value[key])
    else:
        for each in value[key]:
            yield from questions_of(each, shared)


def _question(value: Any, shared: dict[str, Any]) -> Question:
    if not isinstance(value, dict):
        return Question({**shared, "qas": value}, f"{short(value)} is no object of a question")
    values = {**shared, **_renamed(value)}
    for name in _IDS:
        if name in values:
            values.setdefault("id", values[name])
    return Question(values)


def _shared(value: Mapping[str, Any]) -> dict[str, Any]:
    """What of an article or a text holds for each of its questions."""
    return {
        key: each
        for key, each in _renamed(value).items()
        if key == "context" or not (isinstance(each, list | dict) or key in _IDS)
    }


def _renamed(value: Mapping[str, Any]) -> dict[str, Any]:
    return {_RENAMED.get(key, key): each for key, each in value.items()}
