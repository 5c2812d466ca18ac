"""The weights of a model's parts, and its temperature: fitted on validation."""

from __future__ import annotations

import pytest
import torch
from tiny_models import objective_of, task_of, tiny_card
from torch import Tensor

from weitiao.card import DataCard
from weitiao.objectives.blend import Blend

TASKS: tuple[str, ...] = ("classification", "multilabel", "ordinal", "regression")
EQUAL = [100, 100, 100]
WIDTHS = {"classification": 3, "multilabel": 3, "ordinal": 2, "regression": 1}


def card_of(task: str, **changes: object) -> DataCard:
    none = {"labels": [], "label_counts": []} if task == "regression" else {}
    return tiny_card(task=task, **{"label_counts": EQUAL} | none | changes)


def said(
    card: DataCard, count: int, noise: tuple[float, ...] = (0.5, 2.0)
) -> tuple[Tensor, Tensor]:
    """Logits ``(P, N, C)`` of parts that know the truth more or less well, and targets."""
    draw = torch.Generator().manual_seed(0)
    truth = torch.randn(count, WIDTHS[task_of(card)], generator=draw)
    parts = torch.stack([truth + n * torch.randn(truth.shape, generator=draw) for n in noise])
    if task_of(card) == "classification":
        return parts, truth.argmax(1)
    if task_of(card) == "multilabel":
        return parts, (truth > 0).long()
    if task_of(card) == "ordinal":
        return parts, (truth > 0).cumprod(1).sum(1)
    return parts, truth[:, 0] * card.target.scale + card.target.mean


def loss(logits: Tensor, target: Tensor, card: DataCard) -> float:
    return float(objective_of(card).row_losses(logits, target).mean())


def fit(blend: Blend, parts: Tensor, target: Tensor, card: DataCard) -> int:
    objective = objective_of(card, calibrate=True)
    objective.scorer.blend = blend
    return objective.fit_blend(parts, target)


@pytest.mark.parametrize("task", TASKS)
def test_no_other_weights_have_a_lower_loss(task: str) -> None:
    card = card_of(task)
    parts, target = said(card, 5000)
    blend = Blend([0.5, 0.5])
    before = loss(blend([*parts]), target, card)
    assert fit(blend, parts, target, card) == 0
    fitted = loss(blend([*parts]), target, card)
    assert blend.weight[0] > 2 * blend.weight[1] > 0
    assert fitted < before
    for first in (0.8, 0.95, 1.05, 1.25):
        for second in (0.8, 0.95, 1.05, 1.25):
            weights = blend.weight * torch.tensor([first, second])
            assert fitted < loss(torch.einsum("p,pnc->nc", weights, parts), target, card) + 1e-4


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("times", [0.1, 8.0])
def test_a_temperature_lowers_the_loss_and_changes_no_decision(task: str, times: float) -> None:
    card = card_of(task)
    parts, target = said(card, 400, noise=(1.0,))
    parts = parts * times
    blend = Blend([1.0])
    fit(blend, parts, target, card)
    assert loss(blend([*parts]), target, card) < loss(parts[0], target, card)
    assert (blend.weight < 1) == (times > 1)
    assert torch.equal(blend([*parts]).argmax(1), parts[0].argmax(1))


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("rows", [1, 3])
def test_few_rows_move_little_and_many_much(task: str, rows: int) -> None:
    card = card_of(task)
    moved = []
    for count in (rows, 2000):
        blend = Blend([0.1, 0.9])
        fit(blend, *said(card, count), card)
        moved.append((blend.weight / torch.tensor([0.1, 0.9])).log().abs().max())
    assert moved[0] < (1.2 if task == "regression" else 0.7)  # 0.7 is a doubling
    assert moved[1] > moved[0]


def test_a_weight_of_none_stays_none() -> None:
    card = card_of("classification")
    blend = Blend([1.0, 0.0])
    fit(blend, *said(card, 100), card)
    assert blend.weight[1] == 0
    assert blend.weight.isfinite().all()


def test_rare_classes_decide_the_proportion_as_much_as_frequent_ones() -> None:
    """The first part knows the rare class, the second always says the frequent one."""
    target = torch.tensor([0] * 950 + [1] * 50)
    sure = torch.tensor([[2.0, -2.0]]).repeat(1000, 1)
    noise = 3 * torch.randn(1000, 2, generator=torch.Generator().manual_seed(0))
    knows = torch.nn.functional.one_hot(target, 2) * 4.0 - 2.0 + noise
    shares = []
    for counts in ([950, 50], [500, 500]):
        blend = Blend([0.5, 0.5])
        card = card_of("classification", labels=["a", "b"], label_counts=counts)
        fit(blend, torch.stack([knows, sure]), target, card)
        shares.append(blend.weight[0] / blend.weight.sum())
    assert shares[0] > shares[1] + 0.1


def test_the_unit_of_numbers_does_not_matter() -> None:
    weights = []
    for unit, mean in ((1.0, 0.0), (1000.0, 50.0), (0.001, -3.0)):
        card = card_of("regression", target_scale=unit, target_mean=mean)
        blend = Blend([0.5, 0.5])
        fit(blend, *said(card, 50), card)
        weights.append(blend.weight)
    for other in weights[1:]:
        torch.testing.assert_close(other, weights[0], rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("bad", [float("nan"), float("inf"), -float("inf")])
def test_logits_that_are_no_numbers_are_left_out_and_counted(task: str, bad: float) -> None:
    card = card_of(task)
    parts, target = said(card, 60)
    clean = Blend([0.5, 0.5])
    fit(clean, parts[:, 2:], target[2:], card)
    parts[0, 0], parts[1, 1, 0] = bad, bad
    blend = Blend([0.5, 0.5])
    assert fit(blend, parts, target, card) == 2
    torch.testing.assert_close(blend.weight, clean.weight)
    assert fit(blend, torch.full_like(parts, bad), target, card) == 60
    torch.testing.assert_close(blend.weight, torch.tensor([0.5, 0.5]))


def test_sixteen_bits_are_summed_in_full() -> None:
    card = card_of("classification")
    parts, target = said(card, 200)
    blend = Blend([0.5, 0.5]).half()
    fit(blend, parts.half(), target, card)
    assert blend.weight.dtype == torch.float32
    assert blend([*parts.half()]).dtype == torch.float32
