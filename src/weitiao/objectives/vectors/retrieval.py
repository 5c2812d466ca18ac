"""Retrieval: of all second texts, the right one should be the nearest."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from weitiao.card import DataCard
from weitiao.errors import ConfigError
from weitiao.io.tables.positive_cells import NEGATIVES
from weitiao.objectives.base import Batch, Evaluation, Loss, Metrics, target_of
from weitiao.objectives.pooling import PoolingName
from weitiao.objectives.scorer import Encoder
from weitiao.objectives.vectors.baselines import RetrievalModels
from weitiao.objectives.vectors.bi_encoder import BiEncoder
from weitiao.objectives.vectors.contrast import RetrievalLoss, in_batch, supervised, triplet
from weitiao.objectives.vectors.global_batch import of_all_rows
from weitiao.objectives.vectors.ranking import NAMES, Relevance, Search, mean_scores, names_at
from weitiao.targets.positives import PositivesTarget


class Retrieval(BiEncoder):
    """Learns to find the second text of a pair by the first.

    All other texts of a batch are negatives, and so are those that rows bring along, but for those
    that are right as well: the same text twice, or another that belongs to the same. Where texts of
    a class belong together, all of them that are in a batch are right. A batch of several processes
    is one.

    Args:
        pooling: vectors of all positions ``(B, T, H)`` → one a text ``(B, H)``.
        loss: what training minimises.
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
        loss: RetrievalLoss = RetrievalLoss(),
        dimensions: Sequence[int] = (),
        chunk: int | None = None,
    ) -> None:
        super().__init__(card, backbone, pooling, dimensions, chunk)
        self.target = target = target_of(card, PositivesTarget, self)
        self.how, self.negatives, self.by_class = loss, target.negatives > 0, target.by_class
        self.compares_rows = not self.negatives
        if self.negatives:
            self.uneven = "a batch may have no negatives"
        if loss.kind == "triplet" and not self.negatives:
            problem = "= triplet needs rows with negatives"
            raise ConfigError(problem, field="kind", hint="{--negatives} COLUMN")

    def loss(self, backbone: Encoder, batch: Batch) -> Loss:
        """The mean over the widths."""
        found, targets = of_all_rows(self.predict(backbone, batch)), of_all_rows(batch["target"])
        with torch.autocast(found.device.type, enabled=False):  # 16 bits can't tell cosines apart
            cut = [_cut(found, width) for width in self.widths]
            each = [self._of_width(vectors, targets) for vectors in cut]
        return Loss(torch.stack([loss for loss, _ in each]).mean(), each[0].size)

    def _of_width(self, vectors: Tensor, targets: Tensor) -> Loss:
        """That of vectors ``(B, 2 + N, H)``."""
        if self.how.kind == "triplet":
            return Loss(*triplet(vectors, targets, self.how.margin))
        contrast = supervised if self.by_class else in_batch
        value = contrast(vectors, targets, self.how.temperature)
        return Loss(value, torch.tensor(len(targets)))

    def evaluate(self, backbone: Encoder, batch: Batch) -> Evaluation:
        """All vectors, 1 - the cosine of both texts, the texts' numbers: the rest of a batch
        changes none."""
        found = self.predict(backbone, batch)
        return Evaluation(found, 1 - self.decide(found), batch["target"])

    def predict(self, backbone: Encoder, batch: Batch) -> Tensor:
        """The vectors of both texts and of as many negatives as targets name,
        ``(B, 2 + N, H)``; 0 where a row has fewer."""
        both = super().predict(backbone, batch)
        if NEGATIVES not in batch or "target" not in batch:
            return both
        count = batch["target"].shape[1] - both.shape[1]
        further = both.new_zeros(len(both), count, both.shape[-1])
        places = batch["negative_places"]
        if len(places):
            found = self.vectors(backbone, batch[NEGATIVES])
            further = further.index_put(tuple(places.T), found)
        return torch.cat([both, further], 1)

    def lost(
        self, split: str, batches: Callable[[], Iterable[Batch]], place: Callable[[int], str]
    ) -> Iterator[str]:
        """Negatives that belong to their query by another row, and rows that have none."""
        right, without = list[int](), list[int]()
        rows = negatives = 0
        for batch in batches() if self.negatives else ():
            places = batch["negative_places"]
            number = batch["target"][:, 2:][tuple(places.T)]
            right += batch["row"][places[:, 0][number == 0]].tolist()
            bare = torch.bincount(places[:, 0], minlength=len(batch["row"])) == 0
            without += batch["row"][bare].tolist()
            rows, negatives = rows + len(bare), negatives + len(places)
        if right:
            yield (
                f"! {len(right):,} of {negatives:,} negatives of {split} belong to their text by"
                f" another row, and count as none (first: {place(min(right))})"
            )
        if without:
            yield f"{len(without):,} of {rows:,} rows of {split} have no negatives of their own"

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
        search = Search.of(targets, by_class=self.by_class)
        relevance = search.relevance
        if not ranked:
            return mean_scores(decided[relevance.queries])
        each = [search.scores(_nearness(predictions, relevance, w)) for w in self.widths]
        narrow = zip(names_at(self.narrow), each[1:], strict=True)
        return mean_scores(each[0]) | {name: found[:, 0].mean() for name, found in narrow}

    def baselines(self) -> RetrievalModels:
        """BM25 of characters and of words, the cosine by TF-IDF."""
        return RetrievalModels(self.by_class)


def _cut(vectors: Tensor, width: int) -> Tensor:
    """Their first numbers, of length 1 again."""
    return vectors if width == vectors.shape[-1] else F.normalize(vectors[..., :width], dim=-1)


def _nearness(predictions: Tensor, relevance: Relevance, width: int) -> Any:
    """Gives cosines of queries and all documents, in 32 bits."""
    queries = _cut(predictions[relevance.queries, 0], width)
    documents = _cut(predictions[:, 1:].flatten(0, 1)[relevance.documents], width).T

    def cosines(some: Tensor) -> Tensor:
        with torch.autocast(queries.device.type, enabled=False):
            return queries[some] @ documents

    return cosines
