"""Losses of right and wrong texts, by the formulas that are written out here."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch
from tiny_models import padded, random_texts, tiny_card
from torch.nn import functional as F

from weitiao.models.backbones.bag import Bag
from weitiao.objectives import Retrieval
from weitiao.objectives.vectors.contrast import RetrievalLoss, in_batch, supervised, triplet
from weitiao.objectives.vectors.likeness import contrastive
from weitiao.targets.positives import PositivesTarget


def unit(*shape: int, seed: int = 0) -> torch.Tensor:
    draw = torch.Generator().manual_seed(seed)
    return F.normalize(torch.randn(*shape, generator=draw), dim=-1)


def test_pairs_of_1_are_drawn_together_and_those_of_0_apart_up_to_the_margin() -> None:
    cosines, targets = [0.9, 0.2, 0.8, 0.1], [1.0, 1.0, 0.0, 0.0]
    # sentence-transformers' ContrastiveLoss: d = 1 - cos, half of y d² + (1 - y) max(0, m - d)²
    by_hand = 0.0
    for cosine, alike in zip(cosines, targets, strict=True):
        distance = 1 - cosine
        by_hand += 0.5 * (distance**2 if alike else max(0.0, 0.5 - distance) ** 2)
    found = contrastive(torch.tensor(cosines)[:, None], torch.tensor(targets)[:, None], 0.5)
    assert float(found) == pytest.approx(by_hand / 4)


def test_the_right_text_is_nearer_than_each_wrong_one_by_the_margin() -> None:
    vectors = unit(3, 4, 8)
    targets = torch.tensor([[1, 10, 11, 12], [2, 20, 21, 0], [3, 30, 0, 0]])
    # sentence-transformers' TripletLoss: max(0, d(anchor, right) - d(anchor, wrong) + margin)
    losses = []
    for row, place in ((0, 2), (0, 3), (1, 2)):
        anchor, right, wrong = (vectors[row, i] for i in (0, 1, place))
        distances = 1 - float(anchor @ right), 1 - float(anchor @ wrong)
        losses.append(max(0.0, distances[0] - distances[1] + 0.3))
    assert min(filter(None, losses), default=0) > 0
    loss, size = triplet(vectors, targets, 0.3)
    assert float(loss) == pytest.approx(sum(losses) / 3, rel=1e-5)
    assert size == 3


def test_a_batch_without_negatives_teaches_triplets_nothing() -> None:
    vectors = unit(3, 3, 8).requires_grad_()
    loss, size = triplet(vectors, torch.tensor([[1, 2, 0], [3, 4, 0], [5, 6, 0]]), 0.3)
    loss.backward()
    assert (loss.item(), size.item()) == (0, 0)
    assert vectors.grad is not None
    assert not vectors.grad.any()


def test_negatives_of_all_rows_are_candidates_unless_they_are_right() -> None:
    vectors = unit(3, 4, 8)
    # 10 is right for rows 0 and 1 by the query 1; 77 stands twice; 20 is the right text of row 1
    targets = torch.tensor([[1, 10, 77, 0], [1, 20, 77, 30], [3, 30, 10, 99]])
    scores = vectors[:, 0] @ vectors[:, 1:].flatten(0, 1).T / 0.1
    place = {"10": 0, "77": 1, "20": 3, "30": 6, "99": 8}
    candidates = {
        0: ["10", "30", "77", "99"],  # not 20, which is right for the query as well
        1: ["20", "30", "77", "99"],
        2: ["30", "10", "20", "77", "99"],  # 10 and 20 by their rows, once
    }
    forward = 0.0
    for row, names in candidates.items():
        line = [float(scores[row, place[name]]) for name in names]
        forward -= line[0] - math.log(sum(map(math.exp, line)))
    backward = 0.0
    first = (vectors[:, 0] @ vectors[:, 1].T / 0.1).T
    for document, queries in {0: [0, 2], 1: [1, 2], 2: [2, 0, 1]}.items():
        line = [float(first[document, query]) for query in queries]
        backward -= line[0] - math.log(sum(map(math.exp, line)))
    found = float(in_batch(vectors, targets, 0.1))
    assert found == pytest.approx((forward / 3 + backward / 3) / 2, rel=1e-5)


def test_all_texts_of_a_class_are_right_but_for_a_text_itself() -> None:
    vectors = unit(4, 2, 8)
    # rows 0, 1 and 3 are of class 7; the second text of row 1 is the first of row 0
    targets = torch.tensor([[1, 2, 7], [3, 1, 7], [5, 6, 8], [2, 9, 7]])
    scores = vectors[:, 0] @ vectors[:, 1].T / 0.1
    itself = {(0, 1), (3, 0)}
    right = {0: [0, 3], 1: [0, 1, 3], 2: [2], 3: [1, 3]}
    total = 0.0
    for line in (0, 1):  # from first to second texts, and back
        for row in range(4):
            place = [(row, other) if line == 0 else (other, row) for other in range(4)]
            known = {p: float(scores[p]) for p in place if p not in itself}
            whole = math.log(sum(map(math.exp, known.values())))
            own = [p for p in known if p[1] in right[p[0]]]
            total -= sum(known[p] - whole for p in own) / len(own)
    assert float(supervised(vectors, targets, 0.1)) == pytest.approx(total / 8, rel=1e-5)


def batch_of(rows: int = 5) -> dict[str, Any]:
    """Pairs, of which every other has two negatives and the last one none."""
    first, second = (padded(random_texts(rows, side)) for side in (0, 1))
    places = torch.tensor([[row, i] for row in range(rows - 1) for i in range(1 + row % 2)])
    targets = torch.zeros(rows, 4, dtype=torch.long)
    targets[:, :2] = torch.arange(2 * rows).reshape(rows, 2) + 1
    targets[tuple(places.T + torch.tensor([[0], [2]]))] = 100 + torch.arange(len(places))
    third = padded(random_texts(len(places), 2))["inputs"]
    negatives = {"negatives": third, "negative_places": places}
    return first | negatives | {"pair": second["inputs"], "target": targets}


@pytest.mark.parametrize("kind", ["in_batch", "triplet"])
def test_a_batch_with_negatives_in_chunks_has_the_gradients_of_the_whole(kind: Any) -> None:
    card = tiny_card(task="retrieval", pair=True, apart=True)
    object.__setattr__(card, "target", PositivesTarget(2))
    backbone = Bag(card, embedding=16, dropout=0.0)

    def learned(chunk: int | None) -> tuple[float, torch.Tensor]:
        backbone.zero_grad()
        loss = RetrievalLoss(kind, margin=1.5) if kind == "triplet" else RetrievalLoss()
        objective = Retrieval(card, backbone, loss=loss, chunk=chunk)
        value = objective.loss(backbone, batch_of()).value
        value.backward()
        return value.item(), torch.cat([p.grad.flatten() for p in backbone.parameters()])

    (loss, gradient), (expected, wanted) = learned(2), learned(None)
    assert loss == pytest.approx(expected, rel=1e-6)
    assert wanted.any()
    assert torch.allclose(gradient, wanted, atol=1e-6)


def test_negatives_are_among_what_is_searched() -> None:
    card = tiny_card(task="retrieval", pair=True, apart=True)
    backbone = Bag(card, embedding=16).eval()
    objective, batch = Retrieval(card, backbone).eval(), batch_of()
    found = objective.evaluate(backbone, batch)
    assert found.predictions.shape[:2] == (5, 4)
    vectors = found.predictions.clone()
    vectors[:, 1] = vectors[:, 0]  # every right text is found at once
    assert objective.measure(vectors, None, found.targets)["accuracy_1"] == 1
    vectors[1, 3] = vectors[1, 0]  # and a wrong one as well as it
    assert objective.measure(vectors, None, found.targets)["accuracy_1"] == pytest.approx(0.9)


def test_negatives_that_are_right_elsewhere_and_rows_without_any_are_told() -> None:
    card = tiny_card(task="retrieval", pair=True, apart=True)
    object.__setattr__(card, "target", PositivesTarget(2))
    objective = Retrieval(card, Bag(card, embedding=16))
    batch = batch_of()
    batch["target"][3, 2] = 0
    lines = [*objective.lost("train", lambda: [batch], lambda row: f"row {row}")]
    assert "1 of 6 negatives of train belong to their text by another row" in lines[0]
    assert "row 3" in lines[0]
    assert "1 of 5 rows of train have no negatives" in lines[1]
    plain = Retrieval(tiny_card(task="retrieval", pair=True, apart=True), Bag(card, embedding=16))
    assert [*plain.lost("train", lambda: [batch], str)] == []


def test_batches_without_negatives_or_in_chunks_call_the_backbone_unequally_often() -> None:
    card = tiny_card(task="retrieval", pair=True, apart=True)
    backbone = Bag(card, embedding=16)
    assert Retrieval(card, backbone).uneven is None
    assert "chunks" in (Retrieval(card, backbone, chunk=4).uneven or "")
    object.__setattr__(card, "target", PositivesTarget(2))
    assert "no negatives" in (Retrieval(card, backbone).uneven or "")
