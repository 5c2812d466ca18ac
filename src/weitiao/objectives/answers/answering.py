"""Answers that stand in a text: a begin and an end of highest probability, or none."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, ClassVar, NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from weitiao.card import DataCard
from weitiao.errors import ConfigError
from weitiao.objectives.answers.baseline import Overlap
from weitiao.objectives.answers.doubt import Doubt
from weitiao.objectives.answers.edges import Found, best_answers, units_under
from weitiao.objectives.answers.matching import gold_of
from weitiao.objectives.answers.reach import HINTS, NONE, REACHED, reach
from weitiao.objectives.base import Batch, Evaluation, Loss, Metrics, target_of
from weitiao.objectives.heads import Head
from weitiao.objectives.precision import full
from weitiao.objectives.scorer import Encoder
from weitiao.objectives.units import UnitObjective, Units, inside_of_ids, places_of
from weitiao.targets.answers import Answer, AnswerTarget, answers_in

OF_DOUBT = (
    ("f1_answerable", "F1 where there is an answer"),
    ("exact_answerable", "exact match there"),
    ("no_answer", "right that there is none"),
)
MOST_LOST = 0.2  # of the questions of train: with more, ids and answers don't fit each other


class Edges(NamedTuple):
    """Log-probabilities of where answers begin and end.

    Args:
        begin: ``(B, 1 + U)``: that there is no answer, and of each unit.
        end: likewise.
        places: begin and end of the units, ``(U, 2)`` of each row.
    """

    begin: Tensor
    end: Tensor
    places: list[np.ndarray]


class Answering(UnitObjective):
    """Learns where in a text the answer to a question stands.

    Begin and end each are one of the units (`UNIT`) of the whole text, however many windows it
    takes (Clark & Gardner 2018 normalise over paragraphs likewise); where several answers are
    right, any of them will do. A unit is judged by itself and, bilinearly, beside the mean of the
    question (Chen et al. 2017), which a backbone from scratch learns sooner. Where train has
    questions without an answer, none is one place more, and validation chooses by how much it must
    be likelier (Rajpurkar et al. 2018).

    Args:
        head: vector of a unit ``(H)`` → scores of begin and end.
        best: answers that are given with their probabilities, for each question.
        lr: learning rate of the head, which begins from nothing where a backbone is pretrained;
            null = that of the backbone.
    """

    first, recipe = "f1", "pretrained_answers"
    shown: ClassVar[tuple[tuple[str, str], ...]] = (("f1", "F1"), ("exact_match", "exact match"))
    baseline = "sentence"

    def __init__(
        self,
        card: DataCard,
        backbone: Encoder,
        head: Head = Head(),
        best: int = 5,
        lr: float | None = None,
    ) -> None:
        super().__init__()
        self.target = target = target_of(card, AnswerTarget, self)
        if not card.tokens.windows:
            problem = "cuts texts, and answers may stand anywhere in them"
            raise ConfigError(problem, field="truncation", hint="{--truncation} windows")
        if not card.input.pair:
            problem = ": an answer needs a question, and rows have one text"
            raise ConfigError(problem, field="pair", hint="{--pair} question")
        if head.start == "probe":
            raise ConfigError("= probe solves a head of whole rows only", field="start")
        if best < 1:
            raise ConfigError(f"must be at least 1, got {best}", field="best")
        self.lr, self.best = lr, best
        self.longest, self.longest_answer = card.tokens.max_length, target.longest
        self.head = head.build(backbone.width, 2)
        self.inside = inside_of_ids(backbone.width)
        self.beside = nn.Linear(backbone.width, 2 * backbone.width, bias=False)
        nn.init.zeros_(self.beside.weight)
        self.none = nn.Linear(backbone.width, 2) if target.unanswerable else None
        self.doubt = Doubt()
        if self.none is not None:
            # a class's own by its type, and here by what train has
            self.shown = (*self.shown, *OF_DOUBT)  # type: ignore[misc]

    def rates(self) -> dict[str, float]:
        """That of the head."""
        return (
            {}
            if self.lr is None
            else {f"{n}.": self.lr for n in ("head", "inside", "beside", "none")}
        )

    def edges(self, backbone: Encoder, batch: Batch) -> Edges:
        """Where answers begin and end."""
        begin, end = self.scores(self.units(backbone, batch)).unbind(-1)
        return Edges(begin, end, places_of(batch))

    def scores(self, units: Units) -> Tensor:
        """Log-probabilities of begin and end: of no answer, and of each unit, ``(B, 1 + U, 2)``."""
        asked = self.beside(units.before).unflatten(1, (-1, 2)) / units.before.shape[1] ** 0.5
        scores = full(self.head(units.vectors)) + full(units.vectors @ asked)
        scores = scores.masked_fill(~units.mask.unsqueeze(-1), -torch.inf)
        if self.none is None:  # only a text without units has none, or nothing had a probability
            some = units.mask.any(1).reshape(-1, 1, 1).expand(-1, 1, 2)
            nothing = torch.zeros_like(scores[:, :1]).masked_fill(some, -torch.inf)
        else:
            nothing = full(self.none(units.mean)).unsqueeze(1)
        return torch.cat([nothing, scores], 1).log_softmax(1)

    def loss(self, backbone: Encoder, batch: Batch) -> Loss:
        """The negative log-likelihood of the right answers; rows without one that stands in its
        text have no part in it."""
        edges = self.edges(backbone, batch)
        right = self._right(edges, batch)
        found = self._losses(edges, right)
        size = found.new_tensor(sum(map(bool, right)))
        return Loss(found.sum() / size.clamp(min=1), size)

    def _right(self, edges: Edges, batch: Batch) -> list[list[tuple[int, int]]]:
        """The right pairs of begin and end of each row, as places in `Edges`."""
        right = []
        for cell, offsets in zip(batch["target"], edges.places, strict=True):
            answers = answers_in(cell)
            pairs = {
                pair for begin, end, _ in answers if (pair := units_under(begin, end, offsets))
            }
            none = [] if answers or self.none is None else [(0, 0)]
            right.append([*((b + 1, e + 1) for b, e in sorted(pairs)), *none])
        return right

    def _losses(self, edges: Edges, right: list[list[tuple[int, int]]]) -> Tensor:
        """Of each row, ``(B,)``; 0 where nothing is right.

        Args:
            right: of each row the pairs of begin and end that are.
        """
        losses = []
        # a batch in which nothing is right has a gradient, of zeros, that other processes wait for
        nothing = edges.begin.where(edges.begin.isfinite(), 0).sum() * 0
        for row, pairs in enumerate(right):
            begin, end = torch.tensor(pairs or [(0, 0)], device=edges.begin.device).T
            found = -(edges.begin[row, begin] + edges.end[row, end]).logsumexp(0)
            losses.append(found if pairs else nothing)
        return torch.stack(losses)

    def evaluate(self, backbone: Encoder, batch: Batch) -> Evaluation:
        """The answers found, the loss of each row, the right answers."""
        edges = self.edges(backbone, batch)
        cells = zip(batch["target"], batch["context"], strict=True)
        golds = [gold_of(cell, context) for cell, context in cells]
        losses = self._losses(edges, self._right(edges, batch))
        return Evaluation(self._found(edges, batch), losses, golds)

    def predict(self, backbone: Encoder, batch: Batch) -> list[Found]:
        """The answers of each row, the surest first."""
        return self._found(self.edges(backbone, batch), batch)

    def _found(self, edges: Edges, batch: Batch) -> list[Found]:
        begin, end = (x.detach().cpu().numpy() for x in (edges.begin, edges.end))
        rows = zip(begin, end, edges.places, batch["context"], strict=True)
        return [best_answers(*row, longest=self.longest_answer, count=self.best) for row in rows]

    def decide(self, predictions: Any) -> list[list[Answer]]:
        """The best answer of each row, or that there is none."""
        threshold = float(self.doubt.threshold)
        return [
            [found.answers[0]] if found.answers and found.doubt <= threshold else []
            for found in predictions
        ]

    def metrics(self) -> Metrics:
        """Those of answers, by rows, since a threshold may be chosen before they are added up."""
        from weitiao.objectives.answers.metrics import AnswerMetrics

        return AnswerMetrics(self.doubt, unanswerable=self.none is not None)

    def measure(
        self, predictions: Any, decided: Any, targets: Any, *, ranked: bool = True
    ) -> dict[str, Tensor]:
        """The same of some rows."""
        from weitiao.objectives.answers.metrics import averages, scores_of_rows

        scores = scores_of_rows(decided, targets)
        return averages(scores, unanswerable=self.none is not None)

    def wrong(self, decided: Any, targets: Any) -> np.ndarray:
        """Rows that are no exact match."""
        from weitiao.objectives.answers.metrics import scores_of_rows

        return scores_of_rows(decided, targets)[:, 0].numpy() < 1

    def marks(self, said: str) -> list[tuple[int, int, str]]:
        """The answer."""
        return [(b, e, "answer") for b, e, _ in answers_in(said) if b >= 0]

    @property
    def named(self) -> Sequence[str]:
        """What is marked."""
        return ("answer",)

    def value(self, text: str) -> list[dict[str, Any]]:
        """The answers as objects; those that stand nowhere have no place."""
        return [
            {"start": b, "end": e, "text": said} if b >= 0 else {"text": said}
            for b, e, said in answers_in(text)
        ]

    def columns(self, predictions: Any, decided: Any, texts: Sequence[str]) -> dict[str, list[Any]]:
        """The words of the answer, its probability, that of none, and the other answers."""
        none = {"probability_none": [found.none for found in predictions]} if self.none else {}
        return {
            "words": [answers[0][2] if answers else "" for answers in decided],
            "probability": [found.sure[0] if found.sure else 0.0 for found in predictions],
            **none,
            "best": [
                [
                    {"start": b, "end": e, "text": said, "probability": sure}
                    for (b, e, said), sure in zip(found.answers, found.sure, strict=True)
                ]
                for found in predictions
            ],
        }

    def baselines(self) -> Overlap:
        """The sentence that shares most with the question."""
        return Overlap()

    def lost(
        self, split: str, batches: Callable[[], Iterable[Batch]], place: Callable[[int], str]
    ) -> Iterator[str]:
        """What no model can find: answers that stand nowhere, begin or end inside a unit, or are
        longer than any of train.

        The true answers of each row go the way of predictions and back: one has to come out that
        is an exact match.

        Raises:
            ConfigError: they are too many of train.
        """
        found: dict[str, list[int]] = {REACHED: [], NONE: [], **{why: [] for why in HINTS}}
        for batch in batches():
            for row, why in reach(batch, self.longest_answer):
                found[why].append(row)
        total = sum(map(len, found.values()))
        for why, hint in HINTS.items():
            if rows := found[why]:
                line = (
                    f"{len(rows):,} of {total:,} questions of {split} ({len(rows) / total:.1%})"
                    f" have answers that {why}: no model finds them (first: {place(min(rows))})"
                )
                if split == "train" and len(rows) > MOST_LOST * total:
                    raise ConfigError(f": {line}", field="label", hint=hint)
                yield f"! {line}"
        if found[NONE] and self.none is None:
            yield (
                f"! {len(found[NONE]):,} of {total:,} questions of {split} have no answer, and"
                " train has none such: the model always finds one"
            )
        if split == "val" and self.none is not None and len(found[NONE]) in (0, total):
            kind = "a question without an answer" if not found[NONE] else "one with an answer"
            yield (
                f"! val lacks {kind}, so it can't choose when to say that there is none: it is"
                " said where that is likelier than the best answer"
            )

    @property
    def fits_on_validation(self) -> bool:
        """Whether it is chosen when to say that there is no answer."""
        return self.none is not None

    def after_validation(self, metrics: Any) -> None:
        """Choose when."""
        if self.none is not None:
            self.doubt.tune(*metrics.everything())
