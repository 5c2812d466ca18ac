"""Pairs of texts that belong together: of all second texts, the right one is to be the nearest."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from weitiao.card import DataCard
from weitiao.errors import ConfigError
from weitiao.objectives.base import Batch, Evaluation, Loss, Metrics, target_of
from weitiao.objectives.pooling import PoolingName
from weitiao.objectives.scorer import Encoder
from weitiao.objectives.vectors.baselines import RetrievalModels
from weitiao.objectives.vectors.bi_encoder import TEMPERATURE, BiEncoder
from weitiao.objectives.vectors.global_batch import of_all_rows
from weitiao.objectives.vectors.ranking import NAMES, Relevance, mean_scores, names_at, scores_of
from weitiao.targets.positives import PositivesTarget


class Retrieval(BiEncoder):
    """Learns to find the second text of a pair by the first.

    All other texts of a batch are negatives (Henderson et al. 2017, "Efficient Natural Language
    Response Suggestion"), in both directions, but for those that are right as well: the same text
    twice, or another that belongs to the same. A batch of several processes is one.

    Args:
        pooling: vectors of all positions ``(B, T, H)`` → one a text ``(B, H)``.
        temperature: cosines are divided by it.
        dimensions: narrower widths that vectors can be cut to; see `BiEncoder`.
        chunk: texts whose inner vectors are in memory at once, of larger batches; null = all.
    """

    first, baseline, recipe = NAMES[0], "BM25", "pretrained_retrieval"
    shown = (
        (NAMES[0], "nDCG@10"),
        (NAMES[1], "MRR@10"),
        (NAMES[2], "accuracy@1"),
        (NAMES[3], "recall@10"),
        (NAMES[4], "recall@100"),
    )

    def __init__(
        self,
        card: DataCard,
        backbone: Encoder,
        pooling: PoolingName = "mean",
        temperature: float = TEMPERATURE,
        dimensions: Sequence[int] = (),
        chunk: int | None = None,
    ) -> None:
        super().__init__(card, backbone, pooling, dimensions, chunk)
        if not temperature > 0:
            raise ConfigError(f"must be above 0, got {temperature}", field="temperature")
        self.target, self.temperature = target_of(card, PositivesTarget, self), temperature

    def loss(self, backbone: Encoder, batch: Batch) -> Loss:
        """The mean over the widths."""
        first, second = map(of_all_rows, self.both(backbone, batch))
        targets = of_all_rows(batch["target"])
        with torch.autocast(first.device.type, enabled=False):  # 16 bits can't tell cosines apart
            each = [
                in_batch(_cut(first, width), _cut(second, width), targets, self.temperature)
                for width in self.widths
            ]
        return Loss(torch.stack(each).mean(), torch.tensor(len(targets)))

    def evaluate(self, backbone: Encoder, batch: Batch) -> Evaluation:
        """Both vectors, 1 - their cosine, the texts' numbers: the rest of a batch changes none."""
        found = self.predict(backbone, batch)
        return Evaluation(found, 1 - self.decide(found), batch["target"])

    def of_vectors(self, first: Tensor, second: Tensor) -> Tensor:
        """Both of them, ``(B, 2, H)``."""
        return torch.stack([first, second], 1)

    def decide(self, predictions: Any) -> Any:
        """The cosine of both texts, ``(N,)``."""
        return (predictions[:, 0] * predictions[:, 1]).sum(-1)

    def metrics(self) -> Metrics:
        """Those of ranks among all rows."""
        from weitiao.objectives.metrics import EpochMetrics

        names = [*NAMES, *names_at(self.narrow)]
        return EpochMetrics(lambda said, true: self.measure(said, None, true), names)

    def measure(
        self, predictions: Any, decided: Any, targets: Any, *, ranked: bool = True
    ) -> dict[str, Tensor]:
        """The ranks of the right second texts among all distinct ones of these rows.

        Args:
            decided: without ``ranked``, the scores ``(N, K)`` of each row's query, by a baseline.
        """
        relevance = Relevance.of(targets)
        if not ranked:
            return mean_scores(decided[relevance.queries])
        each = [scores_of(relevance, _nearness(predictions, relevance, w)) for w in self.widths]
        narrow = zip(names_at(self.narrow), each[1:], strict=True)
        return mean_scores(each[0]) | {name: found[:, 0].mean() for name, found in narrow}

    def baselines(self) -> RetrievalModels:
        """BM25 of characters and of words, the cosine by TF-IDF."""
        return RetrievalModels()


def _cut(vectors: Tensor, width: int) -> Tensor:
    """Their first numbers, of length 1 again."""
    return vectors if width == vectors.shape[-1] else F.normalize(vectors[..., :width], dim=-1)


def _nearness(predictions: Tensor, relevance: Relevance, width: int) -> Any:
    """Gives cosines of queries and all documents, in 32 bits."""
    queries = _cut(predictions[relevance.queries, 0], width)
    documents = _cut(predictions[relevance.documents, 1], width).T

    def cosines(some: Tensor) -> Tensor:
        with torch.autocast(queries.device.type, enabled=False):
            return queries[some] @ documents

    return cosines


def in_batch(first: Tensor, second: Tensor, targets: Tensor, temperature: float) -> Tensor:
    """The cross-entropy of each text's partner among those of the batch, mean of both directions.

    Args:
        first: ``(B, H)`` of length 1.
        second: likewise.
        targets: ``(B, 2)``, equal where texts are.
    """
    scores = first @ second.T / temperature
    same = (targets.unsqueeze(1) == targets.unsqueeze(0)).any(-1)
    same.fill_diagonal_(False)
    scores = scores.masked_fill(same, -torch.inf)
    right = torch.arange(len(scores), device=scores.device)
    return (F.cross_entropy(scores, right) + F.cross_entropy(scores.T, right)) / 2
