"""Models that need no training, for tests of what is around them."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import InvalidStateError
from contextlib import suppress
from typing import Any

import numpy as np

from weitiao.errors import DataError
from weitiao.evaluation.predictor import Predictions
from weitiao.generation.talks import Answer, Talk
from weitiao.inputs.chat import Chat
from weitiao.io.dialogues.messages import messages_in


class Lengths:
    """Says "long" of texts of four characters or more; reads six of them, without white space.

    Args:
        pair: whether it takes pairs, of which it looks at the second.
        fails: it can't do with a text that holds this.
    """

    classes, options, chat = ("long", "short"), False, False

    def __init__(self, *, pair: bool = False, fails: str | None = None, labels: str = "") -> None:
        self.pair, self.fails, self.labels = pair, fails, labels
        self.batches: list[list[Any]] = []
        self.free = threading.Event()
        """Cleared, it computes nothing until it is set."""
        self.free.set()
        self.begun = threading.Event()

    def predict(self, rows: Sequence[Any]) -> Predictions:
        self.begun.set()
        assert self.free.wait(10)
        self.batches.append([*rows])
        texts = [row[1] if self.pair else row for row in rows]
        if self.fails and any(self.fails in text for text in texts):
            raise RuntimeError(f"no good: {texts}")
        sure = np.array([min(1, len(text) / 7) for text in texts])
        labels = [self.labels + self.classes[int(p < 0.5)] for p in sure]
        cleaned = [tuple(map(str.strip, row)) if self.pair else row.strip() for row in rows]
        spans = [[(6, len(text))] if len(text) > 6 else [] for text in map(str.strip, texts)]
        unread = [[[], each] if self.pair else [each] for each in spans]
        return Predictions(labels, np.stack([sure, 1 - sure], 1), [*self.classes], cleaned, unread)


class Answers:
    """Answers each question by the question, where it stands in the text."""

    classes, pair, options, chat = (), True, False, False

    def predict(self, rows: Sequence[Any]) -> Predictions:
        places = [(text.find(asked), asked) for text, asked in rows]
        found = [
            [{"start": i, "end": i + len(asked), "text": asked}] if i >= 0 else []
            for i, asked in places
        ]
        sure = {"probability": [0.98765 if i >= 0 else 0.0 for i, _ in places]}
        return Predictions(found, None, [], [*rows], [[[], []] for _ in rows], sure)


class LastOption:
    """Says the last option of each question; all are as probable."""

    classes, pair, options, chat = (), True, True, False

    def predict(self, rows: Sequence[Any]) -> Predictions:
        counts = [len(json.loads(row[1])) for row in rows]
        sure = {"probabilities": [[1 / count] * count for count in counts]}
        labels = ["ABCDEFG"[count - 1] for count in counts]
        return Predictions(labels, None, [], [*rows], [[[], []] for _ in rows], sure)


class Echoes:
    """Answers a conversation with its last message, a character at a time; its template takes no
    system message, and says to have cut one that is "too long".

    Args:
        fails: it can't do with what follows this character.
    """

    classes, pair, options, chat = (), False, False, True

    def __init__(self, fails: str | None = None) -> None:
        self.fails = fails
        self.free = threading.Event()
        """Cleared, it says nothing beyond the first character until it is set."""
        self.free.set()
        self.groups: list[list[str]] = []
        self.steps = 0
        self.talks: list[Talk] = []

    def answer(self, talks: Sequence[Talk]) -> Iterator[None]:
        self.talks += talks
        self.groups.append([messages_in(talk.text)[-1].content for talk in talks])
        going = {talk: iter(said) for talk, said in zip(talks, self.groups[-1], strict=True)}
        for talk in talks:
            if messages_in(talk.text)[0].role == "system":
                talk.answer.set_exception(DataError("the chat template doesn't take it"))
        begun = False
        while going := {talk: said for talk, said in going.items() if not talk.answer.done()}:
            assert not begun or self.free.wait(10)
            begun = True
            for talk, said in going.items():
                self._say(talk, next(said, None))
            self.steps += 1
            yield

    def _say(self, talk: Talk, character: str | None) -> None:
        whole, length = messages_in(talk.text)[-1].content, talk.options.length
        if character == self.fails is not None:
            raise RuntimeError(f"no good: {talk.text}")
        if character is not None:
            talk.write(character)
        elif not talk.answer.cancelled():
            ids = len(whole) if length is None else length
            answer = Answer(whole, length is None, len(talk.text), ids, "too long" in whole)
            with suppress(InvalidStateError):
                talk.answer.set_result(answer)

    def conversation(self, row: Any) -> Any:
        return Chat(tokenizer="any").cell("text", row, {"客户": "user"})


class Names:
    """Finds each 王 with what follows it, as spans of the text as it was sent."""

    classes, pair, options, chat = (), False, False, False

    def predict(self, rows: Sequence[str]) -> Predictions:
        found = [[i for i, char in enumerate(text) if char == "王"] for text in rows]
        spans = [[{"start": i, "end": i + 2, "label": "PER"} for i in row] for row in found]
        columns = {"probability": [[0.9876 - i / 1000 for i in row] for row in found]}
        return Predictions(spans, None, [], [*rows], [[[]] for _ in rows], columns)
