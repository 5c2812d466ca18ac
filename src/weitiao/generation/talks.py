"""Conversations that are answered while others listen: a run in a program that serves many."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, InvalidStateError
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple, cast

import torch
from torch import Tensor

from weitiao.evaluation.arithmetic import arithmetic
from weitiao.generation.choice import Choice
from weitiao.generation.options import Generation
from weitiao.generation.wording import Stream, Wording
from weitiao.models.decoding import Row, steps

if TYPE_CHECKING:
    from weitiao.evaluation.predictor import Predictions, Predictor
    from weitiao.inputs.chat.fitted import FittedChat
    from weitiao.models.backbones.causal import Causal
    from weitiao.objectives.replies.replying import Replying

LIKELIEST = Generation("", chat=True, temperature=0.0)
"""As `predict` answers: the likeliest id each time."""


def unheard(piece: str) -> None:
    """Listens to no answer while it grows."""


class Answer(NamedTuple):
    """An answer that is done.

    Args:
        ended: whether the model or a stop string ended it; else it is as long as it may be.
        prompt: how many ids the model read.
        ids: how many it said.
        cut: whether the oldest messages, or the beginning of a single one, were left out.
    """

    text: str
    ended: bool
    prompt: int
    ids: int
    cut: bool


@dataclass(eq=False)
class Talk:
    """A conversation to be answered.

    Args:
        text: as `Predictor.conversation` gives it.
        options: how ids are drawn, how many, and before what the answer stops.
        write: takes the answer as it grows, in the thread that computes.
        answer: all of it; who cancels this ends it.
    """

    text: str
    options: Generation
    write: Callable[[str], None]
    answer: Future[Answer] = field(default_factory=Future)


@dataclass(eq=False)
class _Going:
    """A talk, and its answer so far."""

    talk: Talk
    row: Row
    stream: Stream
    choice: Choice
    cut: bool

    def give(self) -> bool:
        """Give the answer, if it is done; says whether it isn't."""
        if not self.row.done:
            return True
        said = self.stream.end(self.row.ids).text
        with suppress(InvalidStateError):  # nobody waits for it
            ids = len(self.row.prompt), len(self.row.ids)
            self.talk.answer.set_result(Answer(said, self.row.ended, *ids, self.cut))
        return False


class Talker:
    """A predictor of a model that chats, which can be heard while it answers.

    Args:
        predictor: of a run of ``--task chat`` or of preferences.
        longest: most ids of an answer from now on, of the predictor's own, too; null = as in its
            training.
    """

    def __init__(self, predictor: Predictor, longest: int | None = None) -> None:
        self.predictor = predictor
        self.classes, self.pair = predictor.classes, predictor.pair
        self.options, self.chat = predictor.options, predictor.chat
        self._replies = cast("Replying", predictor.model.objective)
        if longest is not None:
            self._replies.longest = longest
        self._backbone = cast("Causal", predictor.model.backbone)
        self._tokenizer = cast("FittedChat", predictor.rows.fitted).encoder.tokenizer

    def conversation(self, row: Any) -> Any:
        """As `Predictor.conversation`."""
        return self.predictor.conversation(row)

    def predict(self, rows: Sequence[Any]) -> Predictions:
        """As `Predictor.predict`."""
        return self.predictor.predict(rows)

    def answer(self, talks: Sequence[Talk]) -> Iterator[None]:
        """Answer conversations side by side, an id of each at a time.

        Without drawing and stop strings, an answer has the ids that `predict` gives it. One that
        can't be asked gets the reason in its future.
        """
        going = [one for one in map(self._begun, talks) if one is not None]
        choices = {id(one.row): one.choice for one in going}

        def choose(logits: Tensor, rows: Sequence[Row]) -> Tensor:
            pairs = zip(logits.split(1), rows, strict=True)
            return torch.cat([choices[id(row)](each, [row]) for each, row in pairs])

        rows = [one.row for one in going]
        left = steps(self._backbone.whole_model(), rows, choose, self._replies.ends)
        precision, device = self.predictor.precision, self.predictor.device
        while going := [one for one in going if one.give()]:
            with arithmetic(precision, device):
                next(left)
            yield

    def _begun(self, talk: Talk) -> _Going | None:
        """A talk that is about to be answered; null = it can't be, which is its answer then."""
        if talk.answer.cancelled():
            return None
        try:
            return self._ready(talk)
        except Exception as error:  # whatever it is, others begin beside it
            with suppress(InvalidStateError):
                talk.answer.set_exception(error)
            return None

    def _ready(self, talk: Talk) -> _Going:
        prompt, cut = self._prompt(talk.text)
        room = self._replies.longest
        if self._backbone.limit is not None:
            room = min(room, self._backbone.limit - len(prompt))
        stream = Stream(Wording(self._tokenizer, talk.options.stop or []), talk.write)

        def heard(ids: list[int]) -> bool:
            return stream.hear(ids) or talk.answer.cancelled()

        row = Row(prompt, min(room, talk.options.length or room), heard=heard)
        return _Going(talk, row, stream, Choice(talk.options), cut)

    def _prompt(self, text: str) -> tuple[list[int], bool]:
        """The ids after which `predict` answers a conversation, and whether it was too long.

        Raises:
            DataError: the template doesn't take it.
        """
        rows = self.predictor.rows
        read = rows.encode(rows.of_cells({"text": [text]}))
        (batch,) = read.batches
        found: list[int] = batch["inputs"]["input_ids"][0][: batch["prompt"][0]].tolist()
        return found, read.encoded["cut"][0].as_py()
