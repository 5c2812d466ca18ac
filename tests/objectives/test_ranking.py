"""Ranks of right documents: as torchmetrics has them, by hand where scores tie, in any blocks."""

from __future__ import annotations

import itertools
import math
from statistics import fmean

import pytest
import torch
from torchmetrics.retrieval import (
    RetrievalMRR,
    RetrievalNormalizedDCG,
    RetrievalPrecision,
    RetrievalRecall,
)

from weitiao.objectives.vectors import ranking
from weitiao.objectives.vectors.ranking import NAMES, Relevance, Search, mean_scores, scores_of


def drawn(seed: int, rows: int = 200) -> tuple[Relevance, torch.Tensor]:
    """Pairs of which some share a query, or a document, and scores that favour right ones."""
    draw = torch.Generator().manual_seed(seed)
    sides = [torch.randint(0, rows // 2, (rows,), generator=draw) for _ in range(2)]
    relevance = Relevance.of(torch.stack(sides, 1))
    shape = len(relevance.queries), len(relevance.documents)
    scores = torch.rand(*shape, generator=draw) + 0.1  # torchmetrics finds nothing below 0
    scores[relevance.pairs[:, 0], relevance.pairs[:, 1]] += 0.4
    return relevance, scores


def one_query(scores: list[float], right: list[int]) -> dict[str, float]:
    """The scores of one query."""
    pairs = torch.tensor([[0, place] for place in right])
    relevance = Relevance(*torch.zeros(1, 1).long(), torch.arange(len(scores)), pairs[:, 0], pairs)
    found = mean_scores(scores_of(relevance, lambda _: torch.tensor([scores])))
    return {name: float(value) for name, value in found.items()}


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("block", [1, 500, 2**24])
def test_scores_are_those_of_torchmetrics(
    seed: int, block: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ranking, "BLOCK", block)
    relevance, scores = drawn(seed)
    asked: list[int] = []

    def some(queries: torch.Tensor) -> torch.Tensor:
        asked.append(len(queries))
        return scores[queries]

    ours = mean_scores(scores_of(relevance, some))
    assert sum(asked) == len(scores)
    assert max(asked) <= max(1, block // scores.shape[1])
    queries = torch.arange(len(scores)).unsqueeze(1).expand_as(scores).flatten()
    true = torch.zeros_like(scores, dtype=torch.bool)
    true[relevance.pairs[:, 0], relevance.pairs[:, 1]] = True
    kinds = RetrievalNormalizedDCG, RetrievalMRR, RetrievalPrecision, RetrievalRecall
    for name, kind in zip(NAMES, kinds, strict=False):
        top = int(name.rpartition("_")[2])
        theirs = kind(top_k=top)(scores.flatten(), true.flatten(), indexes=queries)
        assert float(ours[name]) == pytest.approx(float(theirs), abs=1e-6), name


def test_texts_that_come_twice_are_one_query_and_one_document() -> None:
    relevance = Relevance.of(torch.tensor([[7, 1], [5, 2], [7, 3], [7, 1], [5, 3]]))
    assert sorted(relevance.queries.tolist()) == [0, 1]
    assert sorted(relevance.documents.tolist()) == [0, 1, 2]
    assert len(relevance.pairs) == 4
    first = relevance.of_row.tolist()
    assert first[0] == first[2] == first[3] != first[1] == first[4]


@pytest.mark.parametrize(
    ("scores", "right", "expected"),
    [
        ([3, 2, 1], [0], (1, 1, 1)),
        ([3, 2, 1], [1], (1 / math.log2(3), 1 / 2, 0)),
        ([3, 2, 1], [2, 1], ((1 / math.log2(3) + 1 / 2) / (1 + 1 / math.log2(3)), 1 / 2, 0)),
        ([1, 1], [0], ((1 + 1 / math.log2(3)) / 2, 3 / 4, 1 / 2)),
        ([1, 1, 1, 1], [1, 3], (None, None, 1 / 2)),
    ],
)
def test_scores_by_hand(
    scores: list[float], right: list[int], expected: tuple[float | None, ...]
) -> None:
    found = one_query(scores, right)
    for name, value in zip(NAMES, expected, strict=False):
        assert value is None or found[name] == pytest.approx(value), name


@pytest.mark.parametrize("seed", range(12))
def test_a_tie_is_worth_the_mean_over_all_orders(seed: int) -> None:
    draw = torch.Generator().manual_seed(seed)
    count = 3 + seed % 3
    scores = torch.randint(0, 2, (count,), generator=draw).tolist()
    right = torch.randperm(count, generator=draw)[: 1 + seed % 2].tolist()
    each = []
    for order in itertools.permutations(range(count)):
        ranked = sorted(order, key=lambda document: -scores[document])
        ranks = sorted(ranked.index(document) + 1 for document in right)
        gain = sum(1 / math.log2(1 + rank) for rank in ranks)
        best = sum(1 / math.log2(2 + place) for place in range(len(right)))
        each.append((gain / best, 1 / ranks[0], float(ranks[0] == 1)))
    found = one_query([float(score) for score in scores], right)
    for name, values in zip(NAMES, zip(*each, strict=True), strict=False):
        assert found[name] == pytest.approx(fmean(values)), name


@pytest.mark.parametrize("value", [1.0, math.nan])
def test_a_model_that_says_the_same_of_all_is_worth_chance(value: float) -> None:
    relevance, scores = drawn(0)
    found = mean_scores(scores_of(relevance, lambda some: torch.full_like(scores, value)[some]))
    chance = fmean(
        (relevance.pairs[:, 0] == query).sum().item() / scores.shape[1]
        for query in range(len(scores))
    )
    assert float(found["accuracy_1"]) == pytest.approx(chance)


def test_a_right_document_without_a_score_is_the_last() -> None:
    assert one_query([math.nan, 0.5, 0.4], [0])["mrr_10"] == pytest.approx(1 / 3)
    assert one_query([0.3] + [0.5] * 10, [0]) == dict.fromkeys(NAMES, 0) | {"recall_100": 1}


@pytest.mark.parametrize("block", [1, 9, 2**24])
def test_of_its_class_a_query_is_asked_for_its_partner_alone(
    block: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ranking, "BLOCK", block)
    # a cycle through a class of three, and one of two
    targets = torch.tensor([[1, 2, 7], [2, 3, 7], [3, 1, 7], [4, 5, 8], [5, 4, 8]])
    search = Search.of(targets, by_class=True)
    documents = targets[search.relevance.documents, 1]
    queries = targets[search.relevance.queries, 0]
    # each has the highest score for itself, then for its class, of which the partner has the least
    scores = torch.zeros(5, 5)
    of = dict(targets[:, [0, 2]].tolist())
    partner = dict(targets[:, :2].tolist())
    for i, query in enumerate(queries.tolist()):
        for j, document in enumerate(documents.tolist()):
            scores[i, j] = 3 * (query == document) + 2 * (of[query] == of[document])
            scores[i, j] -= 0.5 * (partner[query] == document)
    found = mean_scores(search.scores(lambda some: scores[some]))
    assert found["accuracy_1"] == 1
    plain = Search.of(targets[:, :2], by_class=False)
    assert mean_scores(plain.scores(lambda some: scores[some]))["accuracy_1"] < 1
    other = documents == partner[4]
    scores[:, other] = -1  # the texts of the other class are nearer now
    assert mean_scores(search.scores(lambda some: scores[some]))["accuracy_1"] == pytest.approx(0.8)
