"""Multiple choice: each option is read with the question, and a softmax compares all of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from weitiao.card import DataCard
from weitiao.errors import ConfigError
from weitiao.objectives.base import Batch, Evaluation, Loss, Metrics, Objective, target_of
from weitiao.objectives.choices.baseline import MostShared
from weitiao.objectives.heads import Head
from weitiao.objectives.pooling import PoolingName, build_pooling
from weitiao.objectives.precision import full
from weitiao.objectives.scorer import Encoder
from weitiao.targets.choice import ChoiceTarget

MOST_ALIKE = 0.2  # of the rows of train whose right option can't be told from another


class Choosing(Objective):
    """Learns which of a row's options is right.

    Each option is a sequence with the question, of which pooling and head make one score; the loss
    is the cross-entropy of a softmax over the scores of a row, however many it has (as BERT reads
    SWAG: Devlin et al. 2019, section 4.4). Besides, the mean of the option is compared with that of
    the question, bilinearly, since a score that only adds up both says the same of an option
    whatever is asked; where a tokenizer has no types that tell them apart, a backbone has to.

    Args:
        pooling: vectors of all positions ``(S, T, H)`` → one a sequence ``(S, H)``.
        head: ``(S, H)`` → one score each.
    """

    first, recipe, baseline = "accuracy", "pretrained_choice", "shared words"
    shown: ClassVar[tuple[tuple[str, str], ...]] = (
        ("accuracy", "accuracy"),
        ("mrr", "mean reciprocal rank"),
        ("ece", "calibration error"),
    )
    lower_is_better: ClassVar[tuple[str, ...]] = ("loss", "ece")

    def __init__(
        self,
        card: DataCard,
        backbone: Encoder,
        pooling: PoolingName = "mean",
        head: Head = Head(),
    ) -> None:
        super().__init__()
        self.target = target_of(card, ChoiceTarget, self)
        if not card.tokens.options:
            problem = ": a choice needs options, each of which is read with the question"
            raise ConfigError(problem, field="pairs", hint="{--pairs} options")
        if head.start == "probe":
            raise ConfigError("= probe solves a head of whole rows only", field="start")
        self.pooling, self.pool = pooling, build_pooling(pooling, backbone.width)
        self.head = head.build(backbone.width, 1)
        self.beside = nn.Linear(backbone.width, backbone.width, bias=False)
        nn.init.zeros_(self.beside.weight)

    def scores(self, backbone: Encoder, batch: Batch) -> Tensor:
        """Log-probabilities of the options, ``(B, N)``; -inf where a row has fewer."""
        inputs, options = batch["inputs"], batch["options"]
        vectors = backbone(**inputs)
        pooled = self.pool(vectors, inputs["attention_mask"])
        scores = full(self.head(pooled)).squeeze(-1) + self.alike(vectors, inputs)  # (S,)
        # its gradient is in order on a processor, where that of an index isn't
        found = scores.index_select(0, options.clamp(min=0).flatten()).unflatten(0, options.shape)
        return found.masked_fill(options < 0, -torch.inf).log_softmax(1)

    def alike(self, vectors: Tensor, inputs: Mapping[str, Tensor]) -> Tensor:
        """What question and option have to do with each other, bilinearly, ``(S,)``."""
        mask, types = inputs["attention_mask"], inputs["token_type_ids"]
        text, option = (_mean(vectors, mask & (types == kind)) for kind in (0, 1))
        return (full(self.beside(text)) * full(option)).sum(-1) / vectors.shape[-1] ** 0.5

    def loss(self, backbone: Encoder, batch: Batch) -> Loss:
        """The negative log-likelihood of the right options."""
        value = F.nll_loss(self.scores(backbone, batch), batch["target"])
        return Loss(value, torch.tensor(len(batch["target"])))

    def evaluate(self, backbone: Encoder, batch: Batch) -> Evaluation:
        """Probabilities of each row's options, the loss of each row, the places of right ones."""
        found, target = self.scores(backbone, batch), batch["target"]
        losses = F.nll_loss(found, target, reduction="none")
        return Evaluation(_probabilities(found, batch), losses, target)

    def predict(self, backbone: Encoder, batch: Batch) -> list[list[float]]:
        """Probabilities of each row's options."""
        return _probabilities(self.scores(backbone, batch), batch)

    def decide(self, predictions: Any) -> np.ndarray:
        """The place of the most probable option, ``(N,)``; of equal ones the first."""
        return np.array([int(np.argmax(row)) for row in predictions], np.int64)

    def metrics(self) -> Metrics:
        """Those of choices, from what is known of each row."""
        from weitiao.objectives.choices.metrics import ChoiceMetrics

        return ChoiceMetrics()

    def measure(
        self, predictions: Any, decided: Any, targets: Any, *, ranked: bool = True
    ) -> dict[str, Tensor]:
        """The same of some rows; of decisions alone the accuracy."""
        from weitiao.objectives.choices.metrics import averages, scores_of_rows

        if ranked:
            return averages(scores_of_rows(predictions, targets))
        right = torch.as_tensor(decided) == torch.as_tensor(targets)
        return {"accuracy": right.float().mean()}

    def columns(self, predictions: Any, decided: Any, texts: Sequence[str]) -> dict[str, list[Any]]:
        """The probability of the chosen option, and those of all, in their order."""
        return {
            "probability": [max(row) for row in predictions],
            "probabilities": [[*row] for row in predictions],
        }

    def baselines(self) -> MostShared:
        """The option that shares most with the question; the place that is right most often."""
        return MostShared()

    def lost(
        self, split: str, batches: Callable[[], Iterable[Batch]], place: Callable[[int], str]
    ) -> Iterator[str]:
        """Rows whose right option reads as another one does, so that no model can tell it.

        The right option of each row goes the way of predictions and back: it has to be chosen.

        Raises:
            ConfigError: they are too many of train, or a right option is not chosen.
        """
        alike: list[int] = []
        total = 0
        for batch in batches():
            total += len(batch["target"])
            alike += batch["row"][_told_twice(batch)].tolist()
            gold = [
                [float(i == right) for i in range(count)]
                for right, count in zip(batch["target"].tolist(), _counts(batch), strict=True)
            ]
            if self.wrong(self.decide(gold), batch["target"].numpy()).any():
                raise ConfigError(f": right options of {split} aren't chosen", field="label")
        if alike:
            line = (
                f"{len(alike):,} of {total:,} rows of {split} ({len(alike) / total:.1%}) have a"
                " right option that is read as another one of the row is: no model tells them"
                f" apart (first: {place(min(alike))})"
            )
            if split == "train" and len(alike) > MOST_ALIKE * total:
                hint = "are they cut? A larger {--max_length}"
                raise ConfigError(f": {line}", field="label", hint=hint)
            yield f"! {line}"


def _counts(batch: Batch) -> list[int]:
    """How many options each row has."""
    counts: list[int] = (batch["options"] >= 0).sum(1).tolist()
    return counts


def _probabilities(scores: Tensor, batch: Batch) -> list[list[float]]:
    rows = scores.detach().exp().tolist()
    return [row[:count] for row, count in zip(rows, _counts(batch), strict=True)]


def _mean(vectors: Tensor, mask: Tensor) -> Tensor:
    """The mean of the vectors of some ids of each sequence, ``(S, H)``; 0 of none."""
    weight = mask.unsqueeze(-1)
    mean = (full(vectors) * weight).sum(1) / weight.sum(1).clamp(min=1)
    return mean.to(vectors)


def _told_twice(batch: Batch) -> Tensor:
    """Rows whose right option has the same ids as another, ``(B,)`` of bool."""
    options, ids = batch["options"], batch["inputs"]["input_ids"]
    right = options.gather(1, batch["target"].unsqueeze(1))
    alike = (ids[options] == ids[right]).all(-1) & (options >= 0) & (options != right)
    return alike.any(1)
