"""Questions with options nested in objects: under a passage, or each with its options."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from weitiao.io.answers.questions import Question
from weitiao.io.spans.span import short

FORM = '{"article": …, "questions": ["…"], "options": [["…", "…"]], "answers": ["A"]}'
_OPTIONS = ("choices", "options", "choice")
_OF_RACE = {"questions": "question", "options": "options", "answers": "answer"}


def as_document(value: Sequence[Any]) -> dict[str, Any] | None:
    """An object of ``[[sentences], [questions], id]``, as C3 and DREAM have it; null = it is none.

    A question is ``{"question", "choice", "answer"}``.
    """
    if len(value) < 2 or not all(isinstance(each, list) for each in value[:2]):
        return None
    sentences, questions = value[:2]
    if not all(isinstance(each, str) for each in sentences):
        return None
    known = {"document": value[2]} if len(value) > 2 and isinstance(value[2], str) else {}
    return {"passage": "\n".join(sentences), "questions": questions} | known


def holds_questions(value: Mapping[str, Any]) -> bool:
    """Whether an object holds several questions, or one with its options in it."""
    if isinstance(_of(value, "questions"), list):
        return True
    question = value.get("question")
    return isinstance(question, dict) and any(key in question for key in _OPTIONS)


def is_header(value: Mapping[str, Any]) -> bool:
    """Whether an object is no row of a file; none is."""
    return False


def questions_of(value: Mapping[str, Any]) -> Iterator[Question]:
    """The questions of an object, each with what the object says of all of them."""
    questions = _of(value, "questions")
    if questions is None:
        yield _with_options(value)
        return
    shared = {key: each for key, each in value.items() if not isinstance(each, list | dict)}
    if not questions:
        yield Question(shared, empty=True)
    elif isinstance(questions[0], dict):
        for each in questions:
            yield _one(each, shared)
    else:
        yield from _of_lists(value, shared, len(questions))


def _of(value: Mapping[str, Any], name: str) -> Any:
    """The value of a key, in whatever case it is written."""
    return next((each for key, each in value.items() if key.casefold() == name), None)


def _with_options(value: Mapping[str, Any]) -> Question:
    """A question of ARC or CommonsenseQA: ``{"question": {"stem", "choices"}, "answerKey"}``."""
    inner = value.get("question")
    if not isinstance(inner, dict):
        return Question({**value}, None if inner is not None else "there is no 'question'")
    own = {"question" if key == "stem" else key: each for key, each in inner.items()}
    return Question({**{key: each for key, each in value.items() if key != "question"}, **own})


def _one(value: Any, shared: Mapping[str, Any]) -> Question:
    if not isinstance(value, dict):
        return Question({**shared, "questions": value}, f"{short(value)} is no object")
    return Question({**shared, **value})


def _of_lists(value: Mapping[str, Any], shared: dict[str, Any], count: int) -> Iterator[Question]:
    """The questions of RACE, whose options and answers stand in lists beside each other."""
    lists = {name: value[name] for name in _OF_RACE if isinstance(value.get(name), list)}
    if any(len(each) != count for each in lists.values()):
        sizes = ", ".join(f"{len(each)} {name}" for name, each in lists.items())
        yield Question({**shared, **lists}, f"the lists don't fit each other: {sizes}")
        return
    for number in range(count):
        own = {_OF_RACE[name]: each[number] for name, each in lists.items()}
        yield Question({**shared, **own})
