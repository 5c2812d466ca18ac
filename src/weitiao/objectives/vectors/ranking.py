"""Metrics of retrieval: nDCG, MRR, recall, from the ranks of right documents.

Documents with equal scores share their ranks: a score is its mean over all orders of them (McSherry
& Najork 2008, "Computing Information Retrieval Performance Measures Efficiently in the Presence of
Tied Scores"). So a model that says the same of all is worth what chance is.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import torch
from torch import Tensor

TOP = 10
DEEP = 100
NAMES = (f"ndcg_{TOP}", f"mrr_{TOP}", "accuracy_1", f"recall_{TOP}", f"recall_{DEEP}")
BLOCK = 2**24
"""Scores that are in memory at once."""


class Relevance(NamedTuple):
    """The distinct queries and documents of rows of pairs, and which belong together.

    Args:
        queries: ``(Q,)`` the row in which each distinct query stands first.
        documents: ``(D,)`` the place at which each distinct one stands first, among the second
            texts and the negatives of all rows, row by row: ``N · (1 + K)`` of them.
        of_row: ``(N,)`` the query of each row.
        pairs: ``(R, 2)`` query and document of each distinct right pair, by query.
    """

    queries: Tensor
    documents: Tensor
    of_row: Tensor
    pairs: Tensor

    @classmethod
    def of(cls, targets: Tensor) -> Relevance:
        """That of rows ``(N, 2 + K)``, a number for each text of a row; 0 = it has fewer."""
        queries, query = distinct(targets[:, 0])
        there = torch.ones_like(targets[:, 1:], dtype=torch.bool)
        there[:, 1:] = targets[:, 2:] != 0
        places = there.flatten().nonzero()[:, 0]
        first, which = distinct(targets[:, 1:].flatten()[places])
        document = which[there.sum(1).cumsum(0) - there.sum(1)]  # of each row's pair
        pairs = torch.stack([query, document], 1).unique(dim=0)
        return cls(queries, places[first], query, pairs)


def distinct(values: Tensor) -> tuple[Tensor, Tensor]:
    """The place of the first of each distinct value, and which of them each value is."""
    found, which = values.unique(return_inverse=True)
    places = torch.arange(len(values), device=values.device)
    first = places.new_full((len(found),), len(values))
    return first.scatter_reduce(0, which, places, "amin"), which


Score = Callable[[Tensor], Tensor]
"""Numbers of queries ``(b,)`` → how well each document answers them ``(b, D)``."""


class Search(NamedTuple):
    """What is searched among some rows, and what is right.

    Args:
        classes: ``(N,)`` the class of each row, whose texts are all right; null = there are none.
    """

    relevance: Relevance
    classes: Tensor | None

    @classmethod
    def of(cls, targets: Tensor, *, by_class: bool) -> Search:
        """That of rows ``(N, 2 + K)``, or ``(N, 3)`` with a class."""
        if not by_class:
            return cls(Relevance.of(targets), None)
        return cls(Relevance.of(targets[:, :2]), targets[:, 2])

    def scores(self, score: Score) -> Tensor:
        """As `scores_of`; of a query's class only its partner is searched for: were all of it, few
        large classes would take as long as the square of their rows."""
        if self.classes is None:
            return scores_of(self.relevance, score)
        of_query = self.classes[self.relevance.queries]
        of_document, pairs = self.classes[self.relevance.documents], self.relevance.pairs

        def masked(some: Tensor) -> Tensor:
            same = of_query[some].unsqueeze(1) == of_document
            query, document = pairs[torch.isin(pairs[:, 0], some)].unbind(1)
            same[torch.searchsorted(some, query.contiguous()), document] = False
            return score(some).masked_fill(same, -torch.inf)

        return scores_of(self.relevance, masked)


def scores_of(relevance: Relevance, score: Score) -> Tensor:
    """Each of `NAMES` for each query, ``(Q, K)`` float64.

    Args:
        score: is asked for some queries at a time, so that no more than `BLOCK` scores are there.
    """
    rows = max(1, BLOCK // len(relevance.documents))
    count = len(relevance.queries)
    found = []
    for begin in range(0, count, rows):
        queries = torch.arange(begin, min(begin + rows, count), device=relevance.pairs.device)
        inside = (relevance.pairs[:, 0] >= begin) & (relevance.pairs[:, 0] < begin + rows)
        pairs = relevance.pairs[inside]
        # what is no number is as bad as can be, or a lost model would be a perfect one
        scores = score(queries).nan_to_num(nan=-torch.inf, posinf=torch.inf, neginf=-torch.inf)
        ahead, alike = _places(scores, pairs[:, 0] - begin, pairs[:, 1], rows)
        found.append(_scores(pairs[:, 0] - begin, len(queries), ahead, alike))
    return torch.cat(found)


def _places(scores: Tensor, query: Tensor, document: Tensor, rows: int) -> tuple[Tensor, Tensor]:
    """How many documents have a higher score than each right one, and how many the same."""
    ahead, alike = [], []
    for some, right in zip(query.split(rows), document.split(rows), strict=True):
        own = scores[some, right].unsqueeze(1)
        ahead.append((scores[some] > own).sum(1))
        alike.append((scores[some] == own).sum(1))
    return torch.cat(ahead), torch.cat(alike)


def _scores(query: Tensor, count: int, ahead: Tensor, alike: Tensor) -> Tensor:
    """The scores ``(count, K)`` of queries, from the places of their right documents ``(R,)``."""
    gains = torch.arange(1, TOP + 1, device=query.device, dtype=torch.float64).add(1).log2() ** -1
    summed = torch.cat([gains.new_zeros(1), gains.cumsum(0)])  # of the first so many ranks

    def per_query(values: Tensor) -> Tensor:
        return values.new_zeros(count).index_add(0, query, values)

    def within(rank: int) -> Tensor:  # share of the ranks that a document may have
        return ((ahead + alike).clamp(max=rank) - ahead).clamp(min=0).double() / alike

    right = per_query(torch.ones_like(ahead))
    reached = summed[(ahead + alike).clamp(max=TOP)] - summed[ahead.clamp(max=TOP)]
    best = ahead.new_full((count,), torch.iinfo(ahead.dtype).max)
    best = best.scatter_reduce(0, query, ahead, "amin")
    among = per_query((ahead == best[query]).long())  # right ones of those that share the best rank
    shared = torch.zeros_like(best).scatter_reduce(
        0, query, torch.where(ahead == best[query], alike, 0), "amax"
    )
    first = _first(best, among, shared)
    return torch.stack(
        [
            per_query(reached / alike) / summed[right.clamp(max=TOP)],
            (first / torch.arange(1, TOP + 1, device=query.device)).sum(1),
            first[:, 0],
            per_query(within(TOP)) / right,
            per_query(within(DEEP)) / right,
        ],
        1,
    )


def _first(ahead: Tensor, right: Tensor, alike: Tensor) -> Tensor:
    """How probable it is that the first right document has each of the first ranks, ``(Q, TOP)``.

    Args:
        ahead: of each query, documents before those that share the best rank of a right one.
        right: right ones of these.
        alike: all of these.
    """
    found = torch.zeros(len(ahead), TOP, dtype=torch.float64, device=ahead.device)
    none_yet = torch.ones(len(ahead), dtype=torch.float64, device=ahead.device)
    rows = torch.arange(len(ahead), device=ahead.device)
    for place in range(TOP):
        chance = (right / (alike - place).clamp(min=1)).clamp(max=1).double()
        rank = ahead + place
        inside = (rank < TOP) & (place < alike)
        found[rows[inside], rank[inside]] = (none_yet * chance)[inside]
        none_yet = none_yet * (1 - chance)
    return found


def mean_scores(values: Tensor) -> dict[str, Tensor]:
    """The mean of each of `NAMES` over queries ``(Q, K)``."""
    return dict(zip(NAMES, values.mean(0), strict=True))


def names_at(widths: Sequence[int]) -> list[str]:
    """The names of the first score by vectors cut to these widths."""
    return [f"{NAMES[0]}_dim/{width}" for width in widths]
