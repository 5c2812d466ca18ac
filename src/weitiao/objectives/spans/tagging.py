"""Spans of the text by tags of its ids: entity F1, strict."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Literal, NamedTuple

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pad_sequence

from weitiao.card import DataCard
from weitiao.errors import ConfigError
from weitiao.objectives import losses
from weitiao.objectives.base import Batch, Evaluation, Loss, Metrics, target_of
from weitiao.objectives.heads import Head
from weitiao.objectives.losses import Balance
from weitiao.objectives.precision import full
from weitiao.objectives.scorer import Encoder
from weitiao.objectives.spans.baselines import SpanModels
from weitiao.objectives.spans.chain import Chain
from weitiao.objectives.spans.sure import Found, found_in
from weitiao.objectives.spans.tags import Span, spans_of, tags_of
from weitiao.objectives.units import UnitObjective, Units, inside_of_ids, places_of
from weitiao.targets.spans import SpanTarget, spans_in

MOST_LOST = 0.2  # of the spans of train: with more, ids and spans don't fit each other


class Emitted(NamedTuple):
    """Scores of the units of texts.

    Args:
        scores: ``(B, U, K)`` of each tag.
        mask: ``(B, U)`` bool, false behind the end of a row.
        places: their begin and end, ``(U, 2)`` of each row.
    """

    scores: Tensor
    mask: Tensor
    places: list[np.ndarray]


class Tagging(UnitObjective):
    """Learns spans of the text: each unit (`UNIT`) is in a span of some type, or in none.

    A span has the place of its units in the text as it was read, whatever ids the tokenizer made.
    Units that share an id share its vector, and are told apart by their place in it.
    Texts longer than the backbone's longest sequence are read in windows that overlap.

    Args:
        head: vector of a unit ``(H)`` → scores of its tag ``(2 · types + 1)``.
        chain: ``linear``: each unit by itself, of the sequences of tags that make sense the best;
            ``crf``: with learned weights of the steps between tags, trained as a whole.
        class_weights: of a linear chain: ``balanced`` weighs units in a span of type ``c`` by
            ``N / (C · N_c)``, of spans in train, and units outside of any by 1.
        lr: learning rate of head and chain, which begin from nothing where a backbone is
            pretrained; null = that of the backbone.
    """

    first, recipe = "f1", "pretrained_tags"
    shown = (
        ("f1", "F1 of spans, strict"),
        ("precision", "precision"),
        ("recall", "recall"),
        ("f1_macro", "mean F1 of types"),
        ("f1_edges", "F1 whatever the type"),
        ("f1_partial", "F1 with parts of spans"),
        ("exact_match", "rows all right"),
    )

    weights: Tensor

    def __init__(
        self,
        card: DataCard,
        backbone: Encoder,
        head: Head = Head(),
        chain: Literal["linear", "crf"] = "linear",
        class_weights: Balance = "none",
        lr: float | None = None,
    ) -> None:
        super().__init__()
        self.target = target_of(card, SpanTarget, self)
        if not card.tokens.windows:
            problem = "cuts texts, and spans need all of them"
            raise ConfigError(problem, field="truncation", hint="{--truncation} windows")
        if card.input.pair:
            raise ConfigError(": spans stand in one text, and rows are pairs", field="pair")
        if head.start == "probe":
            raise ConfigError("= probe solves a head of whole rows only", field="start")
        if class_weights != "none" and chain == "crf":
            raise ConfigError("go with chain: linear only", field="class_weights")
        self.lr = lr
        self.longest = card.tokens.max_length
        self.types, self.counts = self.target.labels, self.target.counts
        self.head = head.build(backbone.width, 2 * len(self.types) + 1)
        self.chain = Chain(len(self.types), learned=chain == "crf")
        self.inside = inside_of_ids(backbone.width)

        weights = losses.class_weights(self.counts, class_weights)
        of_types = torch.ones(len(self.types)) if weights is None else weights
        of_tags = torch.cat([torch.ones(1), of_types.repeat_interleave(2)])
        self.register_buffer("weights", of_tags, persistent=False)

    def rates(self) -> dict[str, float]:
        """That of head and chain."""
        return {} if self.lr is None else {f"{n}.": self.lr for n in ("head", "chain", "inside")}

    def emit(self, backbone: Encoder, batch: Batch) -> Emitted:
        """Scores of the tags of each unit."""
        units = self.units(backbone, batch)
        return Emitted(self.scores(units), units.mask, places_of(batch))

    def scores(self, units: Units) -> Tensor:
        """Those of the tags of each unit, ``(B, U, K)``."""
        return full(self.head(units.vectors))

    def loss(self, backbone: Encoder, batch: Batch) -> Loss:
        """The negative log-likelihood of a unit's tag, or its part in that of the sequence."""
        emitted = self.emit(backbone, batch)
        tags = self._tags(emitted, batch)
        weights = self.weights[tags] * emitted.mask
        found = self.chain.losses(emitted.scores, tags, emitted.mask, weights)
        size = weights.sum().clamp(min=1)
        return Loss(found.sum() / size, size)

    def _tags(self, emitted: Emitted, batch: Batch) -> Tensor:
        """The true tag of each unit, ``(B, U)``."""
        pairs = zip(batch["target"], emitted.places, strict=True)
        tags = [torch.from_numpy(tags_of(_spans(flat), offsets)) for flat, offsets in pairs]
        padded = pad_sequence(tags, batch_first=True).to(emitted.mask.device)
        missing = emitted.mask.shape[1] - padded.shape[1]
        return nn.functional.pad(padded, (0, missing))

    def evaluate(self, backbone: Encoder, batch: Batch) -> Evaluation:
        """The spans found, the loss of a unit of each row, the true spans."""
        emitted = self.emit(backbone, batch)
        found = self.chain.losses(emitted.scores, self._tags(emitted, batch), emitted.mask)
        of_units = found / emitted.mask.sum(1).clamp(min=1)
        return Evaluation(self._found(emitted), of_units, [*map(_spans, batch["target"])])

    def predict(self, backbone: Encoder, batch: Batch) -> list[Found]:
        """The spans of each row, with their probabilities."""
        return self._found(self.emit(backbone, batch))

    def _found(self, emitted: Emitted) -> list[Found]:
        scores, steps = (x.detach().cpu().numpy() for x in (emitted.scores, self.chain.scores()))
        return found_in(scores, emitted.places, steps)

    def decide(self, predictions: Any) -> list[list[Span]]:
        """The spans."""
        return [found.spans for found in predictions]

    def metrics(self) -> Metrics:
        """Those of spans, from running counts."""
        from weitiao.objectives.spans.metrics import SpanMetrics

        return SpanMetrics(self.types)

    def measure(
        self, predictions: Any, decided: Any, targets: Any, *, ranked: bool = True
    ) -> dict[str, Tensor]:
        """The same of some rows."""
        from weitiao.objectives.spans.metrics import SpanMetrics

        metrics = SpanMetrics(self.types, joined=False)
        metrics.update([Found(spans, []) for spans in decided], targets)
        return metrics.compute()

    @property
    def named(self) -> Sequence[str]:
        """The types."""
        return self.types

    def counted(self, decided: Any, targets: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Spans of each type that are right, found and true."""
        from weitiao.objectives.spans.metrics import counted

        return counted(decided, targets, len(self.types))

    def marks(self, said: str) -> list[tuple[int, int, str]]:
        """The spans with their types."""
        return spans_in(said)

    def value(self, text: str) -> list[dict[str, Any]]:
        """The spans as objects."""
        return [{"start": b, "end": e, "label": kind} for b, e, kind in spans_in(text)]

    def columns(self, predictions: Any, decided: Any, texts: Sequence[str]) -> dict[str, list[Any]]:
        """The words of the spans, for people, and the probability of each."""
        return {
            "words": [
                ", ".join(f"{text[b:e]} ({self.types[kind]})" for b, e, kind in spans)
                for spans, text in zip(decided, texts, strict=True)
            ],
            "probability": [found.sure for found in predictions],
        }

    def baselines(self) -> SpanModels:
        """A linear support vector machine, and the spans of train by heart."""
        return SpanModels(len(self.types))

    def lost(
        self, split: str, batches: Callable[[], Iterable[Batch]], place: Callable[[int], str]
    ) -> Iterator[str]:
        """What no model can find: spans that no tags say, and types that train lacks.

        The true spans of each row go the way of predictions and back.

        Raises:
            ConfigError: they are too many of train.
        """
        lost, cut, rows, types = 0, 0, list[int](), Counter[int]()
        for batch in batches():
            for offsets, flat, row in zip(
                places_of(batch), batch["target"], batch["row"].tolist(), strict=True
            ):
                spans = _spans(flat)
                missed = {*spans} - {*spans_of(tags_of(spans, offsets), offsets)}
                cut += sum(spans_of(tags_of([s], offsets), offsets) != [s] for s in missed)
                lost, rows = lost + len(missed), rows + ([row] if missed else [])
                types.update(kind for *_, kind in spans)
        if new := {self.types[kind]: n for kind, n in types.items() if not self.counts[kind]}:
            named = ", ".join(f"{name} ({count:,})" for name, count in new.items())
            yield f"! spans of {split} have types that train lacks, so no model finds them: {named}"
        if not types:
            yield f"! no row of {split} has a span: F1 is 0 there, whatever is found"
        if not lost:
            return
        total = types.total()
        why = [f"begin or end inside a unit ({cut:,})"] if cut else []
        why += [f"overlap a longer one ({lost - cut:,})"] if lost > cut else []
        line = (
            f"{lost:,} of {total:,} spans of {split} ({lost / total:.1%}) {' or '.join(why)}:"
            f" no model finds them (first: {place(min(rows))})"
        )
        if split == "train" and lost > MOST_LOST * total:
            raise _too_many(line, overlapping=2 * cut < lost)
        yield f"! {line}"


def _too_many(line: str, *, overlapping: bool) -> ConfigError:
    if overlapping:
        hint = "leave out those inside of others, or learn them by a model of their own"
        return ConfigError(f": {line}", field="label", hint=hint)
    hint = "the tokenizer characters, or another pretrained one"
    return ConfigError(f": {line}", field="tokenizer", hint=hint)


def _spans(flat: Any) -> list[Span]:
    """The spans of an encoded row."""
    return [(b, e, kind) for b, e, kind in np.asarray(flat).reshape(-1, 3).tolist()]
