"""The queue in front of a model: waiting requests form the next batch, in fair shares."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future, InvalidStateError
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from weitiao.errors import DataError
from weitiao.evaluation.predictor import Predictions
from weitiao.generation.talks import Talk
from weitiao.serving import talking
from weitiao.serving.limits import Refused, ending
from weitiao.serving.models import ChatModel, Model
from weitiao.serving.talking import Talking

ROWS = 64  # of a batch; a larger one is no faster a row, and others wait longer for it
CHARACTERS = 16_384  # of a batch, but for a row that is longer alone
SHARE = 16  # rows that a request gives to a batch while others wait
PATIENCE = 5.0  # seconds that a batch has to end when the queue is closed


@dataclass(eq=False)
class _Waiting:
    """A request: its rows, how many of them are in batches, and what is known of those."""

    model: Model
    rows: Sequence[Any]
    answer: Future[Predictions]
    taken: int = 0
    found: list[Predictions] = field(default_factory=list)

    def take(self, most: int, characters: int) -> Sequence[Any]:
        """The next rows, at most so many, that have so many characters together."""
        start = self.taken
        for row in self.rows[start : start + most]:
            characters -= _length(row)
            if characters < 0:
                break
            self.taken += 1
        return self.rows[start : self.taken]


@dataclass(eq=False)
class _Asked:
    """A request for conversations, and those of them that are being answered."""

    model: ChatModel
    talks: deque[Talk]
    begun: Sequence[Talk] = ()

    @property
    def ready(self) -> bool:
        """Whether it may begin more: a long request leaves room for others."""
        return bool(self.talks) and all(talk.answer.done() for talk in self.begun)

    def take(self, most: int) -> Sequence[Talk]:
        """The next conversations, at most so many."""
        self.begun = [self.talks.popleft() for _ in range(min(most, len(self.talks)))]
        return self.begun


_Part = tuple[_Waiting, Sequence[Any]]


class Batcher:
    """One thread that computes what waits.

    A batch is of one model and has rows of as many requests as there are, a share of each. So a
    long request doesn't keep short ones waiting, and no request waits for a batch to fill.
    Between any two ids of conversations that are being answered, one batch is computed.

    Args:
        most: rows that may wait.
        observe: told the number of rows of each batch.
    """

    def __init__(self, most: int, observe: Callable[[int], object] = lambda rows: None) -> None:
        self.most, self.observe = most, observe
        self.rows = 0
        """How many rows wait."""
        self._waiting: deque[_Waiting] = deque()
        self._asked: deque[_Asked] = deque()
        self._talking = Talking()
        self._changed = threading.Condition()
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="model", daemon=True)
        self._thread.start()

    def submit(self, model: Model, rows: Sequence[Any]) -> Future[Predictions]:
        """Let rows, at least one, wait for a model; the future may be cancelled.

        Raises:
            Refused: too many rows wait.
        """
        waiting = _Waiting(model, rows, Future())
        with self._changed:
            self._admit(len(rows))
            self._waiting.append(waiting)
        return waiting.answer

    def talk(self, model: ChatModel, talks: Sequence[Talk]) -> None:
        """Let the conversations of a request wait for their answers.

        Each may be cancelled, while its answer grows, too. Of one request as many are answered at a
        time as one group has.

        Raises:
            Refused: too many rows wait.
        """
        with self._changed:
            self._admit(len(talks))
            self._asked.append(_Asked(model, deque(talks)))

    def _admit(self, rows: int) -> None:
        if self._closed:
            raise ending()
        # one that is longer than the queue is taken where nothing else waits
        if self.rows and self.rows + rows > self.most:
            raise Refused(503, f"{self.rows:,} texts are waiting already", wait=1)
        self.rows += rows
        self._changed.notify()

    def end(self) -> None:
        """Take no more, and cancel what waits; the batch that is computed has its answers still."""
        with self._changed:
            self._closed = True
            for waiting in self._waiting:
                waiting.answer.cancel()
            for asked in self._asked:
                for talk in asked.talks:
                    talk.answer.cancel()
            self._changed.notify()

    def close(self) -> None:
        """As `end`, and wait for the thread."""
        self.end()
        self._thread.join(PATIENCE)

    def _run(self) -> None:
        while (parts := self._take()) is not None:
            if parts:
                self._compute(parts)
            self._talking.step()
        self._talking.close()

    def _take(self) -> list[_Part] | None:
        """The next batch, as soon as there is one; none where conversations go on without one, and
        null where the queue is closed."""
        with self._changed:
            while True:
                self._drop_cancelled()
                if self._closed:
                    return None
                self._begin_talks()
                if self._waiting:
                    return self._next_batch()
                if not self._talking.idle:
                    return []
                self._changed.wait()

    def _drop_cancelled(self) -> None:
        """Compute nothing for those who have gone."""
        for waiting in [w for w in self._waiting if w.answer.done()]:
            self._waiting.remove(waiting)
            self.rows -= len(waiting.rows) - waiting.taken
        for asked in self._asked:
            left = deque(talk for talk in asked.talks if not talk.answer.done())
            self.rows -= len(asked.talks) - len(left)
            asked.talks = left
        self._asked = deque(asked for asked in self._asked if asked.talks)

    def _begin_talks(self) -> None:
        """Answer the conversations that wait, those of one model as a group, if there is room."""
        while not self._talking.full:
            ready = [asked for asked in self._asked if asked.ready]
            if not ready:
                return
            group: list[Talk] = []
            for asked in ready:
                if asked.model is ready[0].model and len(group) < talking.ROWS:
                    group += asked.take(talking.ROWS - len(group))
            self.rows -= len(group)
            self._talking.begin(ready[0].model, group)

    def _next_batch(self) -> list[_Part]:
        model = self._waiting[0].model
        of_model = deque(waiting for waiting in self._waiting if waiting.model is model)
        share = SHARE if len(of_model) > 1 else ROWS
        parts: list[_Part] = []
        rows, characters = ROWS, CHARACTERS
        while of_model and rows:
            waiting = of_model.popleft()
            room = characters if parts else max(characters, _length(waiting.rows[waiting.taken]))
            if not (taken := waiting.take(min(share, rows), room)):
                break
            parts.append((waiting, taken))
            rows -= len(taken)
            characters -= sum(map(_length, taken))
            self._waiting.remove(waiting)
            if waiting.taken < len(waiting.rows):
                of_model.append(waiting)  # gives more, if the others leave room
                self._waiting.append(waiting)  # and is the last in the next batch
        self.rows -= ROWS - rows
        return parts

    def _compute(self, parts: list[_Part]) -> None:
        """Answer a batch; where it fails, each request alone: others are not to pay for one."""
        rows = [row for _, taken in parts for row in taken]
        self.observe(len(rows))
        try:
            found = parts[0][0].model.predict(rows)
        except Exception as error:  # whatever it is, it is the answer of who asked
            if len(parts) > 1:
                for part in parts:
                    self._compute([part])
            else:
                if isinstance(error, DataError) and error.row is not None:
                    error.row += sum(map(len, parts[0][0].found))  # those of earlier batches
                with suppress(InvalidStateError):  # the client has gone
                    parts[0][0].answer.set_exception(error)
            return
        start = 0
        for waiting, taken in parts:
            waiting.found.append(found[start : start + len(taken)])
            start += len(taken)
            if sum(map(len, waiting.found)) == len(waiting.rows):
                with suppress(InvalidStateError):
                    waiting.answer.set_result(_joined(waiting.found))


def _joined(parts: list[Predictions]) -> Predictions:
    """What was said of the parts of a request, as of one."""
    said = [part.probabilities for part in parts if part.probabilities is not None]
    return Predictions(
        [label for part in parts for label in part.labels],
        np.concatenate(said) if said else None,
        parts[0].classes,
        [text for part in parts for text in part.cleaned],
        [spans for part in parts for spans in part.unread],
        {name: [x for part in parts for x in part.columns[name]] for name in parts[0].columns},
    )


def _length(row: Any) -> int:
    """Characters of a text, or of a pair together."""
    return len(row) if isinstance(row, str) else sum(map(len, row))
