"""Replies: next-id prediction on the ids of answers."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from typing import Any, ClassVar, Protocol, cast

import numpy as np
import torch
from torch import Tensor

from weitiao.card import DataCard
from weitiao.config.bounds import at_least
from weitiao.errors import ConfigError
from weitiao.objectives.base import Batch, Evaluation, Loss, Metrics, Objective, target_of
from weitiao.objectives.chunked import cross_entropy, losses
from weitiao.objectives.replies.baseline import NearestPrompt
from weitiao.objectives.replies.reach import HINTS, TOO_LONG, UNMARKED, reach
from weitiao.objectives.replies.said import Matching, Said
from weitiao.objectives.replies.scoring import SCORINGS, Kind
from weitiao.objectives.scorer import Encoder
from weitiao.targets.whole_text import ReplyTarget

MOST_LOST = 0.2  # of the rows of train: with more, tokenizer or template don't fit the answers


class Spoken(Protocol):
    """What is said of a row.

    Args:
        ids: of it, without the id that ended it.
        ended: whether the model ended it.
    """

    ids: list[int]
    ended: bool


class Speaker(Encoder, Protocol):
    """A backbone that continues what it has read."""

    def logits(self, vectors: Tensor) -> Tensor:
        """Of the next id: ``(N, H)`` → ``(N, V)``."""

    def output_weights(self) -> list[Tensor]:
        """What `logits` reads besides."""

    def generate(
        self, input_ids: Tensor, attention_mask: Tensor, max_new: int, ends: Collection[int]
    ) -> Sequence[Spoken]:
        """The likeliest ids after each row."""


class Replying(Objective):
    """Learns to say the answers of conversations.

    The loss is the mean cross-entropy over the ids of answers, their ends included; of what stands
    between them no logits are computed (Ouyang et al. 2022, section 3.5; Wei et al. 2022, "FLAN").

    Args:
        sample: the so many first rows of val, and of test, are answered, the likeliest id at each
            step, to see how often that is right and ends by itself; null = all of them.
        longest: most ids of an answer.
        extract: regular expression of what counts of an answer, its first group or all that
            matches, such as ``#### *(.+)``; null = the whole answer. White space counts as one
            space.
        metrics: further ones, of whole answers beside the right ones: those of a ``translation``
            (chrF, BLEU, TER) or of a ``summary`` (ROUGE, distinct-2); null = none.
    """

    first, recipe, baseline = "perplexity", "chat", "nearest prompt"
    talks = True
    without_tuning = True  # a model that was tuned on other conversations answers these, too
    shown: ClassVar[tuple[tuple[str, str], ...]] = (
        ("perplexity", "perplexity"),
        ("exact_match", "exact match"),
        ("ended", "ended"),
    )
    lower_is_better: ClassVar[tuple[str, ...]] = ("loss", "perplexity", "ter")

    def __init__(
        self,
        card: DataCard,
        backbone: Encoder,
        sample: int | None = 50,
        longest: int = 256,
        extract: str | None = None,
        metrics: Kind | None = None,
    ) -> None:
        super().__init__()
        self.target = target_of(card, ReplyTarget, self)
        self.ends: tuple[int, ...] = getattr(card.input, "ends", ())
        if not self.ends:
            problem = "has no conversations, so nothing says where an answer ends"
            raise ConfigError(problem, field="input", hint="{--task} chat")
        if not hasattr(backbone, "generate"):
            problem = f": a {type(backbone).__name__} says nothing of which id comes next"
            raise ConfigError(problem, field="backbone", hint="{--model.backbone} Causal")
        at_least(0, sample=sample)
        at_least(1, longest=longest)
        self.sample, self.longest, self.matching = sample, longest, Matching(extract)
        generated = "answers are generated, each as long as it is; sample 0 asks for none"
        self.uneven = None if sample == 0 else generated
        self.vocabulary = card.tokens.vocab_size
        self.scoring = None if metrics is None else SCORINGS[metrics]
        if self.scoring is not None and sample == 0:
            hint = "{--model.objective.sample} 50"
            raise ConfigError(": no answers are asked for", field="metrics", hint=hint)
        further = () if self.scoring is None else self.scoring.shown
        # a class's own by its type, and here by what is asked for
        self.shown = self.shown[:1] if sample == 0 else (*self.shown, *further)  # type: ignore[misc]

    def loss(self, backbone: Encoder, batch: Batch) -> Loss:
        """The mean cross-entropy of the ids of answers."""
        speaker = cast(Speaker, backbone)
        vectors, ids, _ = self._asked(speaker, batch)
        weights = speaker.output_weights()
        found = cross_entropy(speaker.logits, vectors, ids, weights, self.vocabulary)
        size = found.new_tensor(len(ids))
        return Loss(found / size.clamp(min=1), size)

    def _asked(self, speaker: Speaker, batch: Batch) -> tuple[Tensor, Tensor, Tensor]:
        """Vectors ``(N, H)`` of the positions before ids of answers, those ids ``(N,)``, and the
        row of each ``(N,)``."""
        inputs, asked = batch["inputs"], batch["learned"][:, 1:].bool()
        vectors = speaker(**inputs)[:, :-1]
        return vectors[asked], inputs["input_ids"][:, 1:][asked], asked.nonzero()[:, 0]

    def evaluate(self, backbone: Encoder, batch: Batch) -> Evaluation:
        """What is said, the mean loss of each row's ids, the right answers."""
        speaker, rows = cast(Speaker, backbone), len(batch["row"])
        vectors, ids, row = self._asked(speaker, batch)
        found = losses(speaker.logits, vectors, ids, self.vocabulary)
        counts = row.bincount(minlength=rows)
        sums = found.new_zeros(rows).index_add(0, row, found)
        known = zip(
            self.sampled_answers(speaker, batch), sums.tolist(), counts.tolist(), strict=True
        )
        return Evaluation(
            [answer._replace(loss=loss, size=size) for answer, loss, size in known],
            sums / counts.clamp(min=1),
            batch["target"],
            counts,
        )

    def sampled_answers(self, speaker: Speaker, batch: Batch) -> list[Said]:
        """What is said of each row, as far as it is asked for."""
        asked = batch["row"] < (self.sample if self.sample is not None else torch.inf)
        said = iter(self._said(speaker, batch, asked))
        return [next(said) if one else Said(None, None) for one in asked.tolist()]

    def predict(self, backbone: Encoder, batch: Batch) -> list[Said]:
        """What is said of each row."""
        everything = torch.ones_like(batch["row"], dtype=torch.bool)
        return self._said(cast(Speaker, backbone), batch, everything)

    def _said(self, speaker: Speaker, batch: Batch, rows: Tensor) -> list[Said]:
        """What is said of some rows.

        Args:
            rows: ``(B,)`` of bool.
        """
        prompts, ids = batch["prompt"][rows], batch["inputs"]["input_ids"][rows]
        if not len(prompts):
            return []
        mask = torch.arange(ids.shape[1], device=ids.device) < prompts[:, None]
        return [
            Said(row.ids, row.ended) for row in speaker.generate(ids, mask, self.longest, self.ends)
        ]

    def decide(self, predictions: Any) -> list[str | None]:
        """The text of each answer; null of rows that were not asked for one."""
        from weitiao.objectives.replies.metrics import texts_of

        return texts_of(predictions, self.target.written)

    def texts(self, decided: Any) -> list[str]:
        """They are texts."""
        return [*decided]

    def metrics(self) -> Metrics:
        """Those of answers."""
        if self.scoring is not None:
            from weitiao.objectives.replies.text_metrics import TextMetrics

            return TextMetrics(self.target.written, self.score, [name for name, _ in self.shown])
        from weitiao.objectives.replies.metrics import ReplyMetrics

        return ReplyMetrics(self.target.written, self.matching, said=self.sample != 0)

    def measure(
        self, predictions: Any, decided: Any, targets: Any, *, ranked: bool = True
    ) -> dict[str, Tensor]:
        """The same of some rows; of texts alone, whether they are right."""
        if self.scoring is not None:
            from weitiao.objectives.replies.text_metrics import measured

            names = [name for name, _ in self.shown]
            return measured(predictions if ranked else None, decided, targets, self.score, names)
        from weitiao.objectives.replies.metrics import averages, scores_of_rows

        rows = predictions if ranked else [Said(None, None)] * len(decided)
        found = averages(scores_of_rows(rows, decided, targets, self.matching))
        if not ranked:
            return {"exact_match": found["exact_match"]}
        return {name: found[name] for name, _ in self.shown}

    def score(self, said: Sequence[str], right: Sequence[str]) -> dict[str, float]:
        """How some answers compare with the right ones."""
        found = {} if self.scoring is None else self.scoring.of(said, right)
        same = [*map(self.matching.same, said, right)]
        return {**found, "exact_match": sum(same) / len(same) if same else float("nan")}

    def signatures(self, decided: Any, targets: Any) -> dict[str, str]:
        """Those of the metrics that are asked for."""
        pairs = zip(decided, targets, strict=True)
        right = [right for said, right in pairs if said is not None]
        return {} if self.scoring is None else self.scoring.signatures(right)

    def wrong(self, decided: Any, targets: Any) -> np.ndarray:
        """Answers that are not the right one."""
        pairs = zip(decided, targets, strict=True)
        return np.array([x is not None and not self.matching.same(x, y) for x, y in pairs], bool)

    def columns(self, predictions: Any, decided: Any, texts: Sequence[str]) -> dict[str, list[Any]]:
        """Whether an answer ended by itself, and how many ids it has."""
        return {
            "ended": [one.ended for one in predictions],
            "ids": [None if one.ids is None else len(one.ids) for one in predictions],
        }

    def sampled(self, decided: Any) -> list[int]:
        """Those that were answered."""
        return [place for place, text in enumerate(decided) if text is not None]

    def baselines(self) -> NearestPrompt | None:
        """The answer of the prompt that is most alike; the commonest answer."""
        return NearestPrompt(self.matching, self.sample) if self.sample != 0 else None

    def lost(
        self, split: str, batches: Callable[[], Iterable[Batch]], place: Callable[[int], str]
    ) -> Iterator[str]:
        """Rows of which no model can be seen to say the right answer: the right answers go the way
        of answers and back.

        Raises:
            ConfigError: they are too many of train.
        """
        found: dict[str | None, list[int]] = {None: [], **{why: [] for why in HINTS}}
        for row, why in reach(batches(), self.target.written, self.matching, self.longest):
            found[why].append(row)
        total = sum(map(len, found.values()))
        for why, hint in HINTS.items():
            # what only an evaluation is about
            if not (rows := found[why]) or (split == "train" and why in (UNMARKED, TOO_LONG)):
                continue
            line = (
                f"{len(rows):,} of {total:,} rows of {split} ({len(rows) / total:.1%}) {why}"
                f" (first: {place(min(rows))})"
            )
            if split == "train" and len(rows) > MOST_LOST * total:
                raise ConfigError(f": {line}", field="label", hint=hint)
            yield f"! {line}"
