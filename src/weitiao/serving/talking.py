"""Answers that grow: groups of conversations, of which each says one id in turn."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import InvalidStateError
from contextlib import suppress

from weitiao.generation.talks import Talk
from weitiao.serving.models import ChatModel

GROUPS = 4  # that are answered at a time; with more, each would be slow, and the rest isn't kept
ROWS = 16  # of a group: what has come while all others were being answered


class Talking:
    """What the thread that computes has begun to answer; of that thread alone.

    A conversation begins as soon as there is room, beside those that are being answered: none waits
    for the end of another's answer. Those that begin together are computed as one batch.
    """

    def __init__(self) -> None:
        self._groups: deque[tuple[Sequence[Talk], Iterator[None]]] = deque()

    @property
    def idle(self) -> bool:
        """Whether nothing is being answered."""
        return not self._groups

    @property
    def full(self) -> bool:
        """Whether no other group may begin."""
        return len(self._groups) >= GROUPS

    def begin(self, model: ChatModel, talks: Sequence[Talk]) -> None:
        """Answer a group from now on."""
        self._groups.append((talks, _answers(model, talks)))

    def step(self) -> None:
        """Say the next id of each conversation."""
        for _ in range(len(self._groups)):
            talks, answers = self._groups.popleft()
            try:
                next(answers)
            except StopIteration:
                continue
            except Exception as error:  # whatever it is, it is the answer of who asked
                for talk in talks:
                    with suppress(InvalidStateError):  # it was answered before
                        talk.answer.set_exception(error)
                continue
            self._groups.append((talks, answers))

    def close(self) -> None:
        """Answer nothing more."""
        for talks, _ in self._groups:
            for talk in talks:
                talk.answer.cancel()
        self._groups.clear()


def _answers(model: ChatModel, talks: Sequence[Talk]) -> Iterator[None]:
    """What the model says; it is asked at the first step, where a fault is an answer."""
    yield from model.answer(talks)
