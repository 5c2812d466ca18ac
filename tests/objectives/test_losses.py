"""The loss against its formula, class weights against scikit-learn."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from sklearn.utils.class_weight import compute_class_weight
from tiny_models import OBJECTIVES, objective_of, tiny_card

from weitiao.card import DataCard
from weitiao.errors import ConfigError
from weitiao.objectives.labels.classification import ClassLoss
from weitiao.objectives.labels.multilabel import LabelLoss
from weitiao.objectives.labels.regression import NumberLoss
from weitiao.objectives.losses import MulticlassLoss, one_against_rest

COUNTS = [30, 5, 65]
TARGETS = torch.tensor([0, 1, 2, 2, 0, 1, 2])
LOGITS = torch.randn(7, 3, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
@pytest.mark.parametrize("weights", ["none", "balanced"])
def test_loss_equals_the_formula(smoothing: float, weights: str) -> None:
    w = np.array([100 / (3 * n) for n in COUNTS]) if weights == "balanced" else np.ones(3)
    log_p = (LOGITS - LOGITS.logsumexp(-1, keepdim=True)).numpy()
    rows = [
        -w[t] * ((1 - smoothing) * log_p[i, t] + smoothing / 3 * log_p[i].sum())
        for i, t in enumerate(TARGETS)
    ]
    expected = sum(rows) / sum(w[t] for t in TARGETS)
    loss = ClassLoss(label_smoothing=smoothing, class_weights=weights).build(
        tiny_card(label_counts=COUNTS).target
    )  # type: ignore[arg-type]
    assert float(loss(LOGITS, TARGETS)) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_without_weights_it_is_torchs_to_the_digit(smoothing: float) -> None:
    loss = ClassLoss(label_smoothing=smoothing).build(tiny_card(label_counts=COUNTS).target)
    torchs = torch.nn.CrossEntropyLoss(label_smoothing=smoothing)
    assert float(loss(LOGITS, TARGETS)) == float(torchs(LOGITS, TARGETS))


def test_a_rare_class_is_learned_though_smoothing_and_weights_meet() -> None:
    target = (torch.arange(100) < 3).long()
    inputs = torch.nn.functional.one_hot(target).float()
    loss = ClassLoss(label_smoothing=0.1, class_weights="balanced").build(
        tiny_card(2, label_counts=[97, 3]).target
    )
    model = torch.nn.Linear(2, 2)
    torch.nn.init.zeros_(model.weight)
    torch.nn.init.zeros_(model.bias)
    optimizer = torch.optim.Adam(model.parameters(), 0.1)
    for _ in range(100):
        optimizer.zero_grad()
        loss(model(inputs), target).backward()
        optimizer.step()
    assert (model(inputs).argmax(1) == target).all()


def test_balanced_weights_equal_scikit_learns() -> None:
    labels = np.repeat(np.arange(3), COUNTS)
    expected = compute_class_weight("balanced", classes=np.arange(3), y=labels)
    weight = ClassLoss(class_weights="balanced").build(tiny_card(label_counts=COUNTS).target).weight
    np.testing.assert_allclose(weight, expected, rtol=1e-6)


def test_balanced_weights_of_a_class_without_rows_are_refused() -> None:
    with pytest.raises(ConfigError, match="no row in train"):
        ClassLoss(class_weights="balanced").build(tiny_card(2, label_counts=[3, 0]).target)


def test_squared_hinge_equals_its_formula() -> None:
    scores = torch.tensor([[2.0, -0.5], [0.2, 0.4]])
    target = torch.tensor([0, 0])
    first = (0 + 0.5**2) / 2
    second = (0.8**2 + 1.4**2) / 2
    assert MulticlassLoss(one_against_rest)(scores, target).item() == pytest.approx(
        (first + second) / 2
    )
    weighted = MulticlassLoss(one_against_rest, torch.tensor([1.0, 3.0]))
    mixed = weighted(scores, torch.tensor([0, 1])).item()
    other = (1.2**2 + 0.6**2) / 2
    assert mixed == pytest.approx((first + 3 * other) / 4)


def card_of(task: str, **changes: Any) -> DataCard:
    """A card of three classes, or of a number with mean 2 and deviation 4."""
    labels = [] if task == "regression" else ["a", "b", "c"]
    return tiny_card(task=task, labels=labels, target_mean=2.0, target_scale=4.0, **changes)


BINARY = torch.tensor([[1, 0, 1], [0, 0, 0], [1, 1, 1], [0, 1, 0]])


@pytest.mark.parametrize("focus", [0.0, 2.0])
def test_focal_loss_equals_its_formula(focus: float) -> None:
    loss = ClassLoss("focal", focus=focus).build(card_of("classification").target)
    p = LOGITS.double().softmax(-1)[range(7), TARGETS]
    expected = (-((1 - p) ** focus) * p.log()).mean()
    assert float(loss(LOGITS, TARGETS)) == pytest.approx(float(expected), rel=1e-5)
    of_labels = LabelLoss("focal", focus=focus).build(card_of("multilabel").target, 9)
    q = LOGITS[:4].double().sigmoid()
    q = torch.where(BINARY > 0, q, 1 - q)
    expected = (-((1 - q) ** focus) * q.log()).mean()
    assert float(of_labels(LOGITS[:4], BINARY)) == pytest.approx(float(expected), rel=1e-5)


def test_balanced_labels_weigh_what_is_rarely_given() -> None:
    target = card_of("multilabel", label_counts=[50, 10, 90]).target
    loss = LabelLoss(class_weights="balanced").build(target, 100)
    weight = torch.tensor([1.0, 9.0, 1 / 9])
    expected = torch.nn.BCEWithLogitsLoss(pos_weight=weight)(LOGITS[:4], BINARY.float())
    assert float(loss(LOGITS[:4], BINARY)) == pytest.approx(float(expected), rel=1e-5)


def test_ordinal_loss_is_the_likelihood_of_the_probabilities() -> None:
    objective, logits = objective_of(card_of("ordinal")), LOGITS[:, :2]
    found = objective.postprocess(logits)
    torch.testing.assert_close(found.sum(1), torch.ones(7))
    assert bool((found >= 0).all())
    expected = -found[range(7), TARGETS].log()
    torch.testing.assert_close(objective.row_losses(logits, TARGETS), expected)
    torch.testing.assert_close(objective.criterion(logits, TARGETS), expected.mean())


def test_regression_learns_in_units_of_the_deviation_and_is_measured_in_the_targets() -> None:
    card, logits = card_of("regression"), torch.tensor([[0.5], [-3.0]])
    objective, target = objective_of(card), torch.tensor([2.0, 2.0])
    assert objective.postprocess(logits).tolist() == [4.0, -10.0]
    assert objective.row_losses(logits, target).tolist() == [4.0, 144.0]
    assert float(objective.criterion(logits, target)) == pytest.approx((0.25 + 9) / 2)
    huber = NumberLoss("huber", huber_delta=2.0).build(card.target)
    assert float(huber(logits, target)) == pytest.approx((0.125 + 2 * (3 - 1)) / 2)


@pytest.mark.parametrize("task", OBJECTIVES)
def test_the_likelihood_of_an_objective_is_its_usual_loss(task: str) -> None:
    objective = objective_of(card_of(task))
    width = {"ordinal": 2, "regression": 1}.get(task, 3)
    target = BINARY if task == "multilabel" else TARGETS[:4]
    logits = LOGITS[:4, :width]
    scale = 16 if task == "regression" else 1  # measured in the unit of the targets
    mean = objective.row_losses(logits, target).mean() / scale
    torch.testing.assert_close(objective.criterion(logits, target), mean)


@pytest.mark.parametrize(
    ("loss", "options", "problem"),
    [
        (ClassLoss, {"kind": "squared_hinge", "label_smoothing": 0.1}, "cross_entropy only"),
        (ClassLoss, {"focus": 1.0}, "focal only"),
        (LabelLoss, {"focus": 1.0}, "focal only"),
        (NumberLoss, {"huber_delta": 2.0}, "huber only"),
        (NumberLoss, {"kind": "huber", "huber_delta": 0.0}, "above 0"),
    ],
)
def test_what_does_not_go_together_is_refused(
    loss: Any, options: dict[str, Any], problem: str
) -> None:
    with pytest.raises(ConfigError, match=problem):
        loss(**options)


@pytest.mark.parametrize("task", OBJECTIVES)
@pytest.mark.parametrize("other", OBJECTIVES)
def test_an_objective_refuses_the_targets_of_another(task: str, other: str) -> None:
    if task != other:
        with pytest.raises(ConfigError, match=f"{OBJECTIVES[task].__name__} learns a"):
            OBJECTIVES[task](card_of(other), SimpleNamespace(width=4))
