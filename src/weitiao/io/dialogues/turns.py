"""Messages as data sets write them in cells: lists of objects, of pairs or of texts."""

import ast
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from weitiao.io.dialogues.messages import Message, Role
from weitiao.io.dialogues.roles import Roles, mapping_of
from weitiao.io.dialogues.transcript import transcript_in
from weitiao.io.spans.span import SpanFault, short

FORM = '[{"role": "user", "content": "…"}, {"role": "assistant", "content": "…"}]'
"""How a conversation may be written."""
HINT = f"write {FORM}; docs/data.md lists the forms"
_ROLE_KEYS = ("role", "from", "speaker", "角色")
_CONTENT_KEYS = ("content", "value", "text", "utterance", "message", "内容")
_LEARN_KEYS = ("learn", "weight", "train", "loss")
"""What says whether to learn from an answer: ours; OpenAI's; axolotl's; ms-swift's."""
_ONE = '[{"role": "user", "content": "…"}]'
_LIKE_TURNS = re.compile(
    r"\s*\[\s*\{\s*[\"'](?P<key>[^\"']*)[\"']\s*:\s*(?:[\"'](?P<name>[^\"']*))?"
)
_PYTHON = re.compile(r"\s*\[[\[{(\s]*'")
"""Python's own way to write lists, in which keys are in single quotes."""
_TEXT_PARTS = ("text", "input_text", "output_text")
Keys = tuple[str | None, str]
"""What says who speaks (null = nothing does, by turns) and what is said (empty = texts alone)."""


class Turns:
    """Takes messages out of cells; keeps by which keys it read the cells of a row.

    Args:
        roles: who speaks.
        whole_answers: whether what comes before an answer may stand in its cell.
    """

    def __init__(self, roles: Roles, *, whole_answers: bool = False) -> None:
        self.roles, self._whole_answers = roles, whole_answers
        self.keys: dict[Keys, None] = {}
        """Those that say who speaks and what, in the order in which they were found."""
        self.unread: dict[str, None] = {}
        """Keys of messages that aren't read, likewise."""

    def begin(self) -> None:
        """Forget the keys of the row before."""
        self.keys, self.unread = {}, {}

    def whole(self, cell: Any, role: str = "text") -> list[Message]:
        """The messages of a cell that holds a list of them, its JSON, or Python's way to write it.

        Raises:
            SpanFault: it holds none.
        """
        if isinstance(cell, str) and (found := transcript_in(cell)) is not None:
            return found
        value = _parsed(cell, role) if isinstance(cell, str) else cell
        if isinstance(value, Mapping):
            value = _of_lists(value)
        if not isinstance(value, Sequence) or isinstance(value, str):
            raise SpanFault(f"{short(cell)} is no list of messages", role, HINT)
        if not value:
            raise SpanFault("the conversation is empty", role)
        if all(isinstance(each, str) for each in value):
            self.keys[None, ""] = None
            return _by_turns([*value])
        for number, each in enumerate(value, 1):
            if not isinstance(each, Mapping):
                raise SpanFault(f"message {number} is {short(each)}, no object", role, HINT)
        return self._of_objects(value, role)

    def maybe(self, cell: Any, role: str) -> list[Message] | str:
        """The messages of a cell that holds such, or its text, which may well be JSON itself.

        Raises:
            SpanFault: it holds something else, or begins like messages and can't be read.
        """
        if isinstance(cell, str):
            told = transcript_in(cell) if self._whole_answers and role != "text" else None
            return self._of_text(cell, role) if told is None else told
        if isinstance(cell, Mapping):
            cell = [cell]
        if not isinstance(cell, list) or (len(cell) == 1 and isinstance(cell[0], str)):
            return content_of(cell, "the value", role)
        if (first := self._first_speaker(cell)) is not None:
            if not self._may_begin(first, role):
                problem = f"the answer begins with a message of the {first}, not of the assistant"
                raise SpanFault(problem, role, _PROMPT)
            return self.whole(cell, role)
        texts = all(isinstance(each, str) for each in cell)
        if cell and texts and role == "text":
            return self.whole(cell, role)
        if any(isinstance(each, Mapping) and "type" in each for each in cell):
            return content_of(cell, "the value", role)
        raise SpanFault(f"{short(cell)} is neither a text nor a list of messages", role, HINT)

    def _of_text(self, cell: str, role: str) -> list[Message] | str:
        match = _LIKE_TURNS.match(cell)
        if match is None:
            return cell
        try:
            value = _parsed(cell, role)
        except SpanFault as fault:
            key = match["key"]
            if key not in _ROLE_KEYS or not self.roles.knows(match["name"], key):
                return cell
            problem = f"this begins like messages: {fault.problem}"
            raise SpanFault(problem, role, f"a text that does so is written {_ONE}") from fault
        first = self._first_speaker(value)  # an answer may well be JSON of what a user says
        messages = first is not None and self._may_begin(first, role)
        return self.whole(value, role) if messages else cell

    def _may_begin(self, first: Role, role: str) -> bool:
        """Whether a cell's messages may begin with this one's: an answer alone with an answer."""
        return role != "label" or self._whole_answers or first in ("assistant", "tool")

    def _first_speaker(self, value: Any) -> Role | None:
        """Who speaks first in a list of messages; null = not all of it name who speaks."""
        if not isinstance(value, list) or not value:
            return None
        if not all(isinstance(each, Mapping) for each in value):
            return None
        named = [(key, each[key]) for each in value for key in _ROLE_KEYS if key in each]
        if len(named) < len(value) or not all(self.roles.knows(n, key) for key, n in named):
            return None
        key, name = named[0]
        return self.roles.role(name, key, 1)

    def pairs(self, cell: Any) -> list[Message]:
        """The messages of a history: a list of ``[question, answer]``, or of messages."""
        value = _parsed(cell, "text.history") if isinstance(cell, str) else cell
        if not isinstance(value, Sequence) or isinstance(value, str):
            raise SpanFault(f"{short(cell)} is no list of pairs", "text.history", _PAIRS)
        if any(isinstance(each, Mapping) for each in value):
            return self.whole(value, "text.history")
        found = list[Message]()
        for number, pair in enumerate(value, 1):
            if not isinstance(pair, Sequence) or isinstance(pair, str) or len(pair) != 2:
                problem = f"part {number} of the history is {short(pair)}, no pair"
                raise SpanFault(problem, "text.history", _PAIRS)
            texts = [content_of(each, f"part {number}", "text.history") for each in pair]
            found += [Message("user", texts[0]), Message("assistant", texts[1])]
        return found

    def _of_objects(self, turns: Sequence[Mapping[str, Any]], role: str) -> list[Message]:
        if all(each and all(self.roles.knows(key, "") for key in each) for each in turns):
            turns = [{"role": key, "content": text} for each in turns for key, text in each.items()]
        speaks, says = self._keys_of(turns, role)
        self.keys[speaks, says] = None
        read = {speaks, says, *_LEARN_KEYS}
        self.unread |= dict.fromkeys(key for key in _filled(turns) if key not in read)
        texts = []
        for number, each in enumerate(turns, 1):
            if each.get(says) is None:
                raise _silent(each, says, number, role)
            texts.append(content_of(each.get(says), f"message {number}", role))
        if speaks is None:
            return _by_turns(texts)
        numbered, meant = enumerate(zip(turns, texts, strict=True), 1), self.roles.role
        return [
            Message(meant(each.get(speaks), speaks, n, role), text, _learned(each, n, role))
            for n, (each, text) in numbered
        ]

    def _keys_of(self, turns: Sequence[Mapping[str, Any]], role: str) -> tuple[str | None, str]:
        """The key that says who speaks (null = none does), and the one that says what."""
        keys = _filled(turns)
        speaks = next((key for key in _ROLE_KEYS if key in keys), None)
        if speaks is None:
            named = (k for k in keys if all(self.roles.knows(each.get(k), k) for each in turns))
            speaks = next(named, None)
        empty = {key for each in turns for key in each}  # of several, one with a value is taken
        known = (key for some in (keys, empty) for key in _CONTENT_KEYS if key in some)
        says = next((key for key in known if key != speaks), None)
        if speaks is not None and says is not None:
            return speaks, says
        texts = {key: some for key, some in _texts_of(turns).items() if key != speaks}
        if says is None:
            if len(texts) != 1:
                shown = ", ".join(map(repr, keys)) or "there is none"
                raise SpanFault(f"no key of the messages is what is said: {shown}", role, HINT)
            (says,) = texts
        if speaks is None:
            self._refuse_speakers({key: texts[key] for key in texts if key != says}, role)
        return speaks, says

    def _refuse_speakers(self, texts: Mapping[str, Sequence[str]], role: str) -> None:
        """Refuse what seems to name speakers, but none that is known: its values come again."""
        for key, values in texts.items():
            if len({*values}) < len(values):
                problem = f"the values of {key!r}, such as {short(values[0])}, are no roles"
                raise SpanFault(problem, role, f"{mapping_of(values[0])}, and so on for each")


_PROMPT = "what the user says belongs into the prompt"


def _silent(turn: Mapping[str, Any], says: str, number: int, role: str) -> SpanFault:
    """What is wrong with a message that says nothing."""
    if turn.get("tool_calls"):
        problem = f"message {number} calls a tool and says nothing, so it is no text"
        return SpanFault(problem, role)
    what = "is null" if says in turn else "is missing"
    hint = "write what is said there, or leave the conversation out"
    return SpanFault(f"message {number} says nothing: its {says!r} {what}", role, hint)


def _filled(turns: Sequence[Mapping[str, Any]]) -> dict[str, None]:
    """The keys that any message has a value of: in Parquet, all have those of all others."""
    return {key: None for each in turns for key, value in each.items() if value is not None}


def _texts_of(turns: Sequence[Mapping[str, Any]]) -> dict[str, list[str]]:
    """The values that are texts, by their keys."""
    found: dict[str, list[str]] = {}
    for key, value in (item for each in turns for item in each.items()):
        if isinstance(value, str):
            found.setdefault(key, []).append(value)
    return found


_PAIRS = '[["question", "answer"], …]'


def content_of(value: Any, what: str, role: str) -> str:
    """A text, or the parts of one.

    Raises:
        SpanFault: it is missing, a picture, or what else is no text.
    """
    if isinstance(value, str):
        return value
    if isinstance(value, list) and value and (len(value) == 1 or not _are_texts(value)):
        return "".join(_part(each, what, role) for each in value)
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float) and value == value:
        return str(int(value)) if value.is_integer() else str(value)
    missing = value is None or isinstance(value, float)
    told = "is missing" if missing else f"is {short(value)}, which is no text"
    raise SpanFault(f"{what} {told}", role)


def _are_texts(value: list[Any]) -> bool:
    """Whether these are several texts, of which nobody knows how they are to be joined."""
    return all(isinstance(each, str) for each in value)


def _part(value: Any, what: str, role: str) -> str:
    if isinstance(value, str):
        return value
    kind = value.get("type", "text") if isinstance(value, Mapping) else None
    text = value.get("text") if kind in _TEXT_PARTS else None
    if isinstance(text, str):
        return text
    problem = f"{what} has a part that is no text: {short(kind or value)}"
    raise SpanFault(problem, role, "only texts are read: leave such conversations out")


def _learned(turn: Mapping[str, Any], number: int, role: str) -> bool:
    """Whether an answer is to be learned."""
    for key in _LEARN_KEYS:
        if (value := turn.get(key)) is not None:
            if value not in (0, 1):  # true and false are equal to them
                problem = f"{key!r} of message {number} is {short(value)}, not true or false"
                raise SpanFault(problem, role)
            return bool(value)
    return True


def _by_turns(texts: Sequence[str]) -> list[Message]:
    """Messages of a conversation that doesn't say who speaks: the user begins."""
    return [
        Message("assistant" if number % 2 else "user", text) for number, text in enumerate(texts)
    ]


def _of_lists(value: Mapping[str, Any]) -> Any:
    """The messages of ``{"role": […], "content": […]}``, as Parquet may have them."""
    lists = {key: each for key, each in value.items() if isinstance(each, list)}
    if not lists or len({*map(len, lists.values())}) > 1:
        return value
    return [dict(zip(lists, each, strict=True)) for each in zip(*lists.values(), strict=True)]


def _parsed(cell: str, role: str) -> Any:
    """What the JSON of a cell holds, or the literal of Python."""
    try:
        if _PYTHON.match(cell):
            return ast.literal_eval(cell.strip())  # reads literals and runs nothing
        return json.loads(cell)
    except (ValueError, SyntaxError, MemoryError, RecursionError) as error:
        told = f"this is no list of messages, nor JSON: {error}"
        raise SpanFault(told, role, HINT) from None
