"""Contrastive losses: texts that belong together, and texts that don't."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor
from torch.nn import functional as F

from weitiao.errors import ConfigError
from weitiao.objectives.vectors.bi_encoder import TEMPERATURE, refuse_margin
from weitiao.objectives.vectors.ranking import distinct

MARGIN = 0.2  # usual, of cosines


@dataclass(frozen=True)
class RetrievalLoss:
    """The loss of queries, their right texts and wrong ones.

    Args:
        kind: ``in_batch``: the right text is distinguished from all others of the batch, in both
            directions (Henderson et al. 2017, "Efficient Natural Language Response Suggestion");
            ``triplet``: it is to be nearer than each of the row's own negatives, by a margin
            (Schroff et al. 2015, "FaceNet").
        temperature: of ``in_batch``: cosines are divided by it.
        margin: of ``triplet``: by how much the cosine is to be higher, above 0 and up to 2.
    """

    kind: Literal["in_batch", "triplet"] = "in_batch"
    temperature: float = TEMPERATURE
    margin: float = MARGIN

    def __post_init__(self) -> None:
        if self.kind != "in_batch" and self.temperature != TEMPERATURE:
            raise ConfigError("goes with kind in_batch only", field="temperature")
        if not self.temperature > 0:
            raise ConfigError(f"must be above 0, got {self.temperature}", field="temperature")
        refuse_margin(self.margin, MARGIN, of="triplet", kind=self.kind)


def in_batch(vectors: Tensor, targets: Tensor, temperature: float) -> Tensor:
    """The cross-entropy of each text's partner among those of the batch, mean of both directions.

    Each negative of a row is a further candidate of all rows: once, however often it stands there.

    Args:
        vectors: ``(B, 2 + N, H)`` of length 1, of both texts of a row and of its negatives.
        targets: ``(B, 2 + N)``, equal where texts are; 0 = there is no such negative.
    """
    first, second = vectors[:, 0], vectors[:, 1]
    query, document = targets[:, 0], targets[:, 1]
    same = (query.unsqueeze(1) == query) | (document.unsqueeze(1) == document)
    same.fill_diagonal_(False)
    scores = (first @ second.T / temperature).masked_fill(same, -torch.inf)
    right = torch.arange(len(scores), device=scores.device)
    backward = F.cross_entropy(scores.T, right)
    once = _once(targets)
    if once.any():
        further = first @ vectors[:, 2:][once].T / temperature
        not_wrong = _is_right(targets, targets[:, 2:][once])
        scores = torch.cat([scores, further.masked_fill(not_wrong, -torch.inf)], 1)
    return (F.cross_entropy(scores, right) + backward) / 2


def supervised(vectors: Tensor, targets: Tensor, temperature: float) -> Tensor:
    """As `in_batch`, where all texts of the class are right: the mean over them of the
    cross-entropy of each (Khosla et al. 2020, "Supervised Contrastive Learning", their L_out).

    A text isn't right for itself: where it stands on the other side, it is no candidate.

    Args:
        vectors: ``(B, 2, H)`` of length 1, of two texts of a class.
        targets: ``(B, 3)``, equal where texts are; the third where classes are.
    """
    scores = vectors[:, 0] @ vectors[:, 1].T / temperature
    itself = targets[:, :1] == targets[:, 1]
    right = (targets[:, 2:] == targets[:, 2]) & ~itself
    scores = scores.masked_fill(itself, -torch.inf)
    losses = [
        -table.log_softmax(1).masked_fill(~where, 0).sum(1) / where.sum(1).clamp(min=1)
        for table, where in ((scores, right), (scores.T, right.T))
    ]
    return torch.stack(losses).mean()


def triplet(vectors: Tensor, targets: Tensor, margin: float) -> tuple[Tensor, Tensor]:
    """The mean of ``max(0, margin + cos(query, wrong) - cos(query, right))`` over each row's own
    negatives, and how many they are.

    It is that of sentence-transformers' ``TripletLoss`` with the distance 1 - cosine.

    Args:
        vectors: as of `in_batch`.
        targets: likewise.
    """
    cosines = (vectors[:, :1] * vectors[:, 1:]).sum(-1)
    there = targets[:, 2:] != 0
    losses = F.relu(margin + cosines[:, 1:] - cosines[:, :1])[there]
    return losses.sum() / max(len(losses), 1), there.sum()


def _once(targets: Tensor) -> Tensor:
    """The negatives ``(B, N)`` of bool that stand nowhere before, nor are the text of a pair."""
    rows = len(targets)
    documents = torch.cat([targets[:, 1], targets[:, 2:].flatten()])
    first, _ = distinct(documents)
    once = torch.zeros_like(documents, dtype=torch.bool)
    once[first] = True
    return (once & (documents != 0))[rows:].reshape(rows, -1)


def _is_right(targets: Tensor, numbers: Tensor) -> Tensor:
    """Whether each of these texts ``(M,)`` belongs to each row's query as well, ``(B, M)``."""
    partner = (targets[:, 1].unsqueeze(1) == numbers).float()  # (B, M), by the row of the pair
    alike = (targets[:, 0].unsqueeze(1) == targets[:, 0]).float()
    return alike @ partner > 0
