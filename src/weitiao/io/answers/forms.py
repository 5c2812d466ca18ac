"""Answers as data sets and tools write them in cells: SQuAD, MRQA, Hugging Face, CMRC."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import isnan
from typing import Any, NamedTuple

from weitiao.io.spans.span import SpanFault, short

FORMS = 'write [{"text": "…", "answer_start": 0}, …]; docs/data.md lists the forms'
"""The way out where a cell is none of them."""
NONE = "a question without an answer has []"
"""How a file says so."""
NOWHERE = -1
"""The offset of an answer that stands nowhere in its text, as CMRC 2018 writes it."""
_STARTS = ("answer_start", "start")


class Given(NamedTuple):
    """An answer as a file gives it.

    Args:
        text: is filled.
        starts: the characters at which it is said to begin; none = it isn't said.
    """

    text: str
    starts: tuple[int, ...] = ()


@dataclass(frozen=True)
class Asked:
    """A question of a file in which several stand under one text.

    Args:
        values: its keys, as of SQuAD or MRQA.
    """

    values: Mapping[str, Any]

    def __str__(self) -> str:
        """Its answers, as JSON."""
        return json.dumps(self.values.get("answers"), ensure_ascii=False)

    @property
    def impossible(self) -> bool:
        """Whether the file says that there is no answer."""
        said = self.values.get("is_impossible")
        if said not in (None, False, True):  # 0 and 1 are alike
            raise SpanFault(f"is_impossible is {short(said)}, neither true nor false")
        return bool(said)

    def given(self) -> list[Given]:
        """The answers: those that MRQA found in the text, then those that it only accepts.

        Raises:
            SpanFault: there are none and nothing says so, or there are some all the same.
        """
        detected, accepted = (self.values.get(key) for key in ("detected_answers", "answers"))
        if detected is None and accepted is None:
            if self.impossible:
                return []
            problem = f"the question has no 'answers', but {', '.join(map(repr, self.values))}"
            raise SpanFault(problem, hint=NONE)
        found = [] if detected is None else given_in(detected)
        texts = {answer.text for answer in found}
        others = [] if accepted is None else given_in(accepted)
        found += [answer for answer in others if answer.text not in texts]
        if found and self.impossible:
            problem = f"is_impossible is true, and there are answers: {short(found[0].text)}"
            raise SpanFault(problem, hint="is it a plausible answer? Call it plausible_answers")
        return found


def given_in(cell: Any) -> list[Given]:
    """The answers of a label cell, in the order of the file.

    Args:
        cell: a list of texts, of ``{"text", "answer_start"}``, ``{"text", "start", "end"}``, MRQA's
            ``{"text", "char_spans"}``, or ``[begin, end, "text"]``; ``{"text": […],
            "answer_start": […]}``, as Hugging Face has it; one of these as JSON; or else one text.
            An ``end`` is left aside: the text says where an answer ends. An empty cell is no
            answer, and neither is an empty text with the offset -1.

    Raises:
        SpanFault: it is none of these.
    """
    if isinstance(cell, Asked):
        return cell.given()
    value = _read(cell)
    if isinstance(value, str):
        return [Given(value)] if value.strip() else []
    if isinstance(value, dict):
        value = _objects(value)
    if not isinstance(value, list):
        raise SpanFault(f"a {type(value).__name__} is no answer", hint=FORMS)
    if value and all(map(_is_offset, value)):
        raise SpanFault(f"are {short(value)} answers, or offsets of one?", hint=FORMS)
    return [_answer(each) for each in value if not _says_none(each)]


def _read(cell: Any) -> Any:
    """The cell, out of its JSON."""
    if cell is None or (isinstance(cell, float) and isnan(cell)):
        raise SpanFault("the value is missing", hint=NONE)
    if not isinstance(cell, str) or cell.lstrip()[:1] not in ("[", "{"):
        return cell
    try:
        return json.loads(cell)
    except (ValueError, RecursionError) as error:
        problem = f"this looks like a list or an object, and is no JSON: {error}"
        raise SpanFault(problem, hint="write it with json.dumps, not as Python shows it") from error


def _objects(columns: dict[str, Any]) -> list[Any]:
    """``{"text": [a, b], "answer_start": [1, 2]}`` as a list of objects; one object as it is."""
    texts = columns.get("text")
    if not isinstance(texts, list):
        return [columns]
    lists = {key: each for key, each in columns.items() if isinstance(each, list)}
    for key in (*_STARTS, "char_spans"):
        if key in columns and len(lists.get(key, ())) != len(texts):
            count = len(lists[key]) if key in lists else short(columns[key])
            raise SpanFault(f"there are {len(texts)} texts of answers, and of {key} {count}")
    fitting = {key: each for key, each in lists.items() if len(each) == len(texts)}
    return [{key: each[i] for key, each in fitting.items()} for i in range(len(texts))]


def _says_none(value: Any) -> bool:
    """Whether an answer says that there is none: an empty text that stands nowhere."""
    nowhere = isinstance(value, dict) and NOWHERE in (value.get(key) for key in _STARTS)
    return nowhere and value.get("text") == ""


def _answer(value: Any) -> Given:
    if isinstance(value, dict):
        if "text" not in value:
            problem = f"an answer has a text; here are {', '.join(map(repr, value))}"
            raise SpanFault(problem, hint=FORMS)
        return Given(_filled(value["text"]), (*_starts(value),))
    if isinstance(value, list) and len(value) == 3 and isinstance(value[2], str):
        return _triple(*value)
    if _is_offset(value) or (isinstance(value, float) and not isnan(value)):
        # a spreadsheet's number: CMRC 2018 has ["15岁", "15岁", 15.0]
        return Given(str(int(value) if value == value // 1 else value))
    if not isinstance(value, str):
        raise SpanFault(f"{short(value)} is no answer", hint=FORMS)
    return Given(_filled(value))


def _triple(begin: Any, end: Any, text: str) -> Given:
    """Our own form; the length must be that of the text."""
    _filled(text)
    starts = (*_known(begin),)
    if _offset(end) - begin != (len(text) if starts else 0):
        problem = f"the answer {short([begin, end, text])} is not as long as its text"
        raise SpanFault(problem, hint="write the text of the answer third, not a label")
    return Given(text, starts)


def _filled(text: Any) -> str:
    if not isinstance(text, str):
        problem = f"the text {short(text)} of an answer is not a text"
        raise SpanFault(problem, hint=NONE if text is None else FORMS)
    if not text.strip():
        raise SpanFault("the text of an answer is empty", hint=NONE)
    return text


def _starts(answer: dict[str, Any]) -> Iterator[int]:
    """Where an answer begins; the spans of MRQA are ``[first, last]``."""
    spans = answer.get("char_spans")
    if spans is None:
        start = next((answer[key] for key in _STARTS if answer.get(key) is not None), NOWHERE)
        yield from _known(start)
    elif isinstance(spans, dict):  # as Hugging Face has a list of objects
        for start in _list(spans.get("start")):
            yield from _known(start)
    else:
        for span in _list(spans):
            pair = [span.get("start"), span.get("end")] if isinstance(span, dict) else span
            if not isinstance(pair, list | tuple) or len(pair) != 2:
                problem = f"{short(span)} is no place of {short(answer['text'])}"
                raise SpanFault(problem, hint="write [first, last]")
            yield from _known(pair[0])


def _list(value: Any) -> Sequence[Any]:
    if not isinstance(value, list):
        raise SpanFault(f"char_spans are {short(value)}, not a list", hint="write [[first, last]]")
    return value


def _known(start: Any) -> Iterator[int]:
    if _offset(start) < NOWHERE:
        hint = f"{NOWHERE} says that an answer stands nowhere in the text"
        raise SpanFault(f"the offset {start} of an answer is negative", hint=hint)
    if start != NOWHERE:
        yield start


def _is_offset(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _offset(value: Any) -> int:
    if not _is_offset(value):
        raise SpanFault(f"the offset {short(value)} of an answer is not a whole number")
    return value
