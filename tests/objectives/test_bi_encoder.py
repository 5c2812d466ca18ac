"""Two texts a row, a vector each: losses by hand, widths, what is refused."""

from __future__ import annotations

import math
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from tiny_models import padded, random_texts, tiny_card
from torch.nn import functional as F

from weitiao.errors import ConfigError
from weitiao.models.backbones.bag import Bag
from weitiao.objectives import Classification, Likeness, Retrieval
from weitiao.objectives.vectors.contrast import RetrievalLoss, in_batch
from weitiao.objectives.vectors.likeness import LikenessLoss, cosent

OBJECTIVES = {"likeness": Likeness, "retrieval": Retrieval}


def card_of(task: str, **changes: Any) -> Any:
    """A card of pairs that are read apart."""
    name = {"likeness": "regression"}.get(task, task)
    return tiny_card(task=name, target_mean=2.5, pair=True, apart=True, **changes)


def batch_of(task: str, rows: int = 6, seed: int = 0) -> dict[str, Any]:
    """Pairs of random texts."""
    first, second = (padded(random_texts(rows, seed + side)) for side in (0, 1))
    targets = torch.arange(2 * rows).reshape(rows, 2) if task == "retrieval" else torch.rand(rows)
    return first | {"pair": second["inputs"], "target": targets}


def test_cosent_wants_the_order_of_the_numbers() -> None:
    cosines, targets = torch.tensor([0.9, 0.1, 0.5]), torch.tensor([3.0, 1.0, 1.0])
    expected = math.log(1 + math.exp((0.1 - 0.9) / 0.5) + math.exp((0.5 - 0.9) / 0.5))
    assert float(cosent(cosines, targets, 0.5)) == pytest.approx(expected)
    alike = cosent(cosines.requires_grad_(), torch.ones(3), 0.5)
    alike.backward()
    assert alike.item() == 0
    assert cosines.grad is not None
    assert cosines.grad.tolist() == [0, 0, 0]


def test_other_texts_of_a_batch_are_negatives_and_right_ones_never() -> None:
    draw = torch.Generator().manual_seed(0)
    first, second = (F.normalize(torch.randn(4, 8, generator=draw), dim=1) for _ in range(2))
    # rows 0 and 1 have the same second text, rows 0 and 2 the same first one
    targets = torch.tensor([[1, 10], [2, 10], [1, 30], [4, 40]])
    scores = first @ second.T / 0.1
    others = {0: [3], 1: [2, 3], 2: [1, 3], 3: [0, 1, 2]}
    expected = 0.0
    for row, negatives in others.items():
        for line in (scores[row], scores[:, row]):
            all_of = sum(math.exp(line[other]) for other in (row, *negatives))
            expected -= float(line[row]) - math.log(all_of)
    assert float(in_batch(torch.stack([first, second], 1), targets, 0.1)) == pytest.approx(
        expected / 8, rel=1e-5
    )


def test_pairs_that_are_all_alike_teach_nothing() -> None:
    vectors = F.normalize(torch.randn(3, 4), dim=1).requires_grad_()
    loss = in_batch(torch.stack([vectors, vectors], 1), torch.tensor([[1, 2]] * 3), 0.05)
    loss.backward()
    assert loss.item() == pytest.approx(0, abs=1e-6)
    assert vectors.grad is not None
    assert vectors.grad.isfinite().all()


def test_a_cosine_of_0_to_1_stands_for_two_deviations_about_the_mean() -> None:
    objective = Likeness(card_of("likeness"), SimpleNamespace(width=8))
    numbers = torch.tensor([-9.0, 0.5, 2.5, 4.5, 9.0])
    assert objective.wished(numbers).tolist() == pytest.approx([0, 0, 0.5, 1, 1])


@pytest.mark.parametrize("task", OBJECTIVES)
def test_narrower_widths_share_the_loss_and_have_scores(task: str) -> None:
    torch.manual_seed(0)
    card, batch = card_of(task), batch_of(task)
    backbone = Bag(card, embedding=16, dropout=0.0)
    whole = OBJECTIVES[task](card, backbone)
    both = OBJECTIVES[task](card, backbone, dimensions=[4])
    loss = float(both.loss(backbone, batch).value)
    assert loss != pytest.approx(float(whole.loss(backbone, batch).value))
    found = both.evaluate(backbone, batch)
    metrics = both.metrics()
    metrics.update(found.predictions, found.targets)
    measured = metrics.compute()
    assert [*measured] == metrics.names()
    assert f"{both.first}_dim/4" in measured
    # cut vectors are those of a backbone whose other numbers are 0
    backbone.eval()
    first, second = both.both(backbone, batch)
    cut = F.cosine_similarity(first[:, :4], second[:, :4])
    assert torch.allclose(both.cosines(first, second)[:, 1], cut)


@pytest.mark.parametrize("task", OBJECTIVES)
def test_what_is_said_of_a_row_depends_on_no_other(task: str) -> None:
    torch.manual_seed(0)
    card, batch = card_of(task), batch_of(task)
    backbone = Bag(card, embedding=16).eval()
    objective = OBJECTIVES[task](card, backbone).eval()
    whole = objective.evaluate(backbone, batch)
    alone = {name: batch[name][2:3] for name in ("row", "target")}
    alone |= {side: {n: v[2:3] for n, v in batch[side].items()} for side in ("inputs", "pair")}
    one = objective.evaluate(backbone, alone)
    assert torch.allclose(whole.predictions[2:3], one.predictions, atol=1e-6)
    assert torch.allclose(whole.losses[2:3], one.losses, atol=1e-6)


@pytest.mark.parametrize("dropout", [0.0, 0.5])
@pytest.mark.parametrize("task", OBJECTIVES)
def test_a_batch_in_chunks_has_the_gradients_of_the_whole(
    task: str, dropout: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    card, batch = card_of(task), batch_of(task, 10)
    backbone = Bag(card, embedding=16, dropout=dropout)
    seen: list[int] = []
    backbone.register_forward_hook(lambda _, __, found: seen.append(len(found)))

    def learned(chunk: int | None) -> tuple[float, torch.Tensor]:
        torch.manual_seed(0)
        backbone.zero_grad()
        seen.clear()
        loss = OBJECTIVES[task](card, backbone, chunk=chunk).loss(backbone, batch).value
        loss.backward()
        return loss.item(), torch.cat([p.grad.flatten() for p in backbone.parameters()])

    loss, gradient = learned(4)
    assert seen == [4, 4, 2] * 2 + [2, 4, 4] * 2  # backwards, each a second time
    if dropout:  # the same chunks, kept in memory
        path = "weitiao.objectives.vectors.bi_encoder.checkpoint"
        monkeypatch.setattr(path, lambda call, *given, use_reentrant: call(*given))
    expected, wanted = learned(4 if dropout else None)
    assert loss == pytest.approx(expected, rel=1e-6)
    assert torch.allclose(gradient, wanted, atol=1e-6)


def test_a_loss_in_16_bits_is_that_of_32() -> None:
    torch.manual_seed(0)
    vectors = [F.normalize(torch.randn(64, 32), dim=1) for _ in range(2)]
    card, batch = card_of("retrieval"), batch_of("retrieval", 64)
    objective = Retrieval(card, SimpleNamespace(width=32))
    objective.both = lambda *_: vectors  # type: ignore[method-assign]  # no model is needed
    whole = float(objective.loss(None, batch).value)
    with torch.autocast("cpu", torch.bfloat16):
        assert float(objective.loss(None, batch).value) == whole


@pytest.mark.parametrize(
    ("make", "field"),
    [
        (lambda card: Likeness(card, SimpleNamespace(width=8), dimensions=[8]), "dimensions"),
        (lambda card: Likeness(card, SimpleNamespace(width=8), dimensions=[4, 4]), "dimensions"),
        (lambda card: Likeness(card, SimpleNamespace(width=8), dimensions=[0]), "dimensions"),
        (lambda card: Retrieval(card, SimpleNamespace(width=8)), "objective"),
        (lambda _: LikenessLoss(temperature=0), "temperature"),
        (lambda _: LikenessLoss("cosine", temperature=0.1), "temperature"),
        (lambda _: LikenessLoss(margin=0.3), "margin"),
        (lambda _: LikenessLoss("contrastive", margin=0), "margin"),
        (lambda _: LikenessLoss("contrastive", margin=2.1), "margin"),
        (lambda _: LikenessLoss("contrastive", margin=math.nan), "margin"),
        (lambda _: RetrievalLoss(temperature=0), "temperature"),
        (lambda _: RetrievalLoss("triplet", temperature=0.1), "temperature"),
        (lambda _: RetrievalLoss(margin=0.3), "margin"),
        (lambda _: RetrievalLoss("triplet", margin=-0.1), "margin"),
        (
            lambda _: Retrieval(
                card_of("retrieval"), SimpleNamespace(width=8), loss=RetrievalLoss("triplet")
            ),
            "kind",
        ),
        (lambda card: Classification(card, SimpleNamespace(width=8)), "objective"),
    ],
)
def test_what_can_not_be_learned_is_refused(make: Any, field: str) -> None:
    with pytest.raises(ConfigError) as refused:
        make(card_of("likeness"))
    assert refused.value.field == field


@pytest.mark.parametrize(("numbers", "told"), [([1.0, 0.0, 1.0], None), ([1.0, 3.5, 0.0], "3.5")])
def test_a_contrastive_loss_knows_two_numbers(numbers: list[float], told: str | None) -> None:
    backbone = SimpleNamespace(width=8)
    objective = Likeness(card_of("likeness"), backbone, loss=LikenessLoss("contrastive"))
    batch = batch_of("likeness", rows=3)
    batch |= {"target": torch.tensor(numbers), "row": torch.tensor([4, 5, 6])}
    lines = objective.lost("train", lambda: [batch], lambda row: f"my.csv, row {row}")
    if told is None:
        assert [*lines] == []
        return
    with pytest.raises(ConfigError, match=told) as refused:
        next(lines)
    assert "row 5" in str(refused.value)


def test_rows_whose_texts_are_read_as_one_are_counted() -> None:
    batch = batch_of("likeness") | {"row": torch.arange(10, 16)}
    ids, mask = (batch["inputs"][name] for name in ("input_ids", "attention_mask"))
    other = {"input_ids": ids.clone(), "attention_mask": mask.clone()}
    other["input_ids"][:, 1] += 1  # all differ
    for row in (2, 4):
        other["input_ids"][row, 1] -= 1  # but these
    shorter = int(mask[4].sum()) - 1
    other["attention_mask"][4, shorter:] = 0  # of which one is the other's beginning only
    batch["pair"] = other | {"input_ids": F.pad(other["input_ids"], (0, 3))}
    batch["pair"]["attention_mask"] = F.pad(other["attention_mask"], (0, 3))
    objective = Likeness(card_of("likeness"), SimpleNamespace(width=8))
    (line,) = objective.lost("train", lambda: [batch], lambda row: f"my.csv, row {row}")
    assert line.startswith("! 1 of 6 rows of train have two texts that are read as one")
    assert "my.csv, row 12" in line


def test_joined_pairs_are_refused() -> None:
    with pytest.raises(ConfigError, match="joined") as refused:
        Likeness(tiny_card(task="regression", pair=True), SimpleNamespace(width=8))
    assert refused.value.field == "pairs"


def test_objectives_of_one_sequence_refuse_two() -> None:
    card = tiny_card(pair=True, apart=True)
    with pytest.raises(ConfigError, match="apart") as refused:
        Classification(card, SimpleNamespace(width=8))
    assert refused.value.field == "pairs"
