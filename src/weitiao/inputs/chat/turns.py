"""Which parts of a conversation's text are answers to be learned."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from weitiao.inputs.chat.marks import MARK, one_of
from weitiao.inputs.chat.template import Template
from weitiao.io.dialogues.messages import Message

_OWN = "a template of your own: {--template} FILE.jinja"


class Turn(NamedTuple):
    """An answer in a text.

    Args:
        begin: where the part begins that the model says, behind the generation prompt.
        content: where its content ends.
        end: where the special token ends that ends it; where there is none, the content does.
    """

    begin: int
    content: int
    end: int

    @property
    def ended(self) -> bool:
        """Whether the template ends it."""
        return self.end > self.content


class Written(NamedTuple):
    """A conversation as text.

    Args:
        text: up to the end of the last answer; of one without, up to where it begins.
        turns: the answers that are to be learned, the last answer last.
    """

    text: str
    turns: list[Turn]


class TurnFault(Exception):
    """A template writes answers in a way of which it isn't known what of it is to be said.

    Args:
        hint: the way out.
    """

    def __init__(self, problem: str, hint: str = _OWN) -> None:
        super().__init__(problem)
        self.hint = hint


class Turns:
    """Writes conversations by a template and finds the answers in them.

    Args:
        names: of the special tokens.
        stops: those of them at which generation stops.
    """

    def __init__(self, template: Template, names: Sequence[str], stops: Sequence[str]) -> None:
        self._template, self._names = template, one_of(names)
        self._stops = {*stops}

    def prompt(self, messages: Sequence[Message]) -> Written:
        """What stands before an answer to these messages.

        Raises:
            TemplateFault: the template doesn't take them.
        """
        return Written(self._template(messages, prompt=True), [])

    def __call__(self, messages: Sequence[Message]) -> Written:
        """A conversation that ends with an answer; those are learned whose message says so.

        Raises:
            TemplateFault: the template doesn't take it.
            TurnFault: what is to be said of it isn't known.
        """
        whole = self._template(messages, prompt=False)
        last, turns = len(messages) - 1, []
        for place, one in enumerate(messages):
            if one.role != "assistant" or not one.learn:
                continue
            some = messages[: place + 1]
            text = whole if place == last else self._template(some, prompt=False)
            turns.append(turn := self._turn(text, some))
            if not whole.startswith(text[: turn.end]):
                raise TurnFault(
                    "the chat template writes an earlier answer otherwise than the last one:"
                    f" {_differing(text, whole)}",
                    "{--learn} last; a template that writes all alike, such as the one in"
                    " docs/chat.md: {--template} FILE.jinja",
                )
        return Written(whole[: turns[-1].end], turns)

    def _turn(self, text: str, messages: Sequence[Message]) -> Turn:
        """The place of the last message in its text."""
        before = self._template(messages[:-1], prompt=True)
        if not text.startswith(before):
            raise TurnFault(
                "the chat template writes before an answer what the prompt for it hasn't:"
                f" {_differing(before, text)}"
            )
        content = messages[-1].content.strip()
        found = text.find(content, len(before))
        if found < 0:
            raise TurnFault(f"the chat template rewrites the answer {_short(content)}")
        if added := self._names.sub("", text[len(before) : found]).strip():
            raise TurnFault(
                f"the chat template puts {_short(added)} before an answer, and not into the prompt"
            )
        end = found + len(content)
        return Turn(len(before), end, self._end(text, end))

    def _end(self, text: str, content: int) -> int:
        """The end of the first token behind an answer at which generation stops, else of the first
        special one, if white space alone stands before it."""
        place, first = content, None
        while found := self._names.match(text, place if first else _behind_space(text, place)):
            place = found.end()
            if found[0] in self._stops:
                return place
            first = first or place
        return first or content


def _behind_space(text: str, place: int) -> int:
    space = re.compile(r"\s*").match(text, place)
    assert space is not None
    return space.end()


def _differing(one: str, other: str) -> str:
    """Where two texts part."""
    pairs = zip(one, other, strict=False)
    place = next((i for i, (a, b) in enumerate(pairs) if a != b), min(len(one), len(other)))
    begin = max(0, place - 12)
    return f"{_short(one[begin:])} and {_short(other[begin:])}"


def _short(text: str) -> str:
    text = text.replace(MARK, "")
    return repr(text if len(text) <= 40 else f"{text[:40]}…")
