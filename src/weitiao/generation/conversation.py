"""A conversation as a model reads it: the newest turns that fit the model's positions."""

from collections.abc import Sequence
from typing import NamedTuple

from weitiao.generation.options import ANSWER, Generation
from weitiao.generation.speaker import Speaker, Unsayable
from weitiao.io.dialogues.messages import Message


class Asked(NamedTuple):
    """A conversation that is to be answered.

    Args:
        ids: of what fits.
        length: most ids of the answer.
        left_out: how many of the oldest messages didn't fit.
    """

    ids: list[int]
    length: int
    left_out: int


def asked(speaker: Speaker, messages: Sequence[Message], options: Generation) -> Asked:
    """The ids of a conversation; where there are too many, without its oldest turns.

    What the system says stays, and a turn goes with all answers to it.

    Raises:
        Unsayable: the template doesn't take the messages, or the last one alone is too long.
    """
    system = [*messages[:1]] if messages[0].role == "system" else []
    told = speaker.system if options.system is None else options.system
    if told is not None and not system:
        system = [Message("system", told)]
    turns = _turns(messages[1:] if messages[0].role == "system" else messages)
    usual, before = ANSWER, len(turns)
    if speaker.limit is not None:
        usual = min(usual, max(1, speaker.limit // 4))
    while True:
        ids = _ids(speaker, [*system, *(one for turn in turns for one in turn)])
        if len(turns) == 1 or _fits(speaker, len(ids), options.length or usual):
            break
        del turns[0]
    length = speaker.length(len(ids), options, ANSWER)
    kept = sum(map(len, turns))
    whole = len(messages) - (messages[0].role == "system")
    return Asked(ids, length, whole - kept if len(turns) < before else 0)


def _turns(messages: Sequence[Message]) -> list[list[Message]]:
    """Messages of the user, each with what follows up to the next."""
    turns: list[list[Message]] = []
    for one in messages:
        if one.role == "user" or not turns:
            turns.append([])
        turns[-1].append(one)
    return turns


def _ids(speaker: Speaker, messages: Sequence[Message]) -> list[int]:
    from weitiao.inputs.chat.template import TemplateFault

    assert speaker.encoder is not None
    marked, _ = speaker.encoder.marked(messages)
    try:
        written = speaker.encoder.turns.prompt(marked)
    except TemplateFault as error:
        raise Unsayable(f"the chat template doesn't take it: {error}") from error
    found: list[int] = speaker.encoder.encode([written])[0].ids.tolist()
    if not found:
        raise Unsayable("the chat template writes nothing")
    return found


def _fits(speaker: Speaker, used: int, length: int) -> bool:
    return speaker.limit is None or used + length <= speaker.limit
