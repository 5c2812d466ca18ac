"""Best trials at the end of a range: the report says that it was too narrow."""

from __future__ import annotations

from typing import Any

import pytest
from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)
from studies import LR, add, new

from weitiao.tuning.report import edge_warnings


@pytest.mark.parametrize(
    ("distribution", "value", "said"),
    [
        (FloatDistribution(1e-4, 1e-2, log=True), 9e-3, "upper"),
        (FloatDistribution(1e-4, 1e-2, log=True), 1.1e-4, "lower"),
        (FloatDistribution(1e-4, 1e-2, log=True), 7e-3, None),  # 0.92 of the way
        (FloatDistribution(1e-4, 1e-2, log=True), 5e-4, None),  # 4 % of the way, were it linear
        (FloatDistribution(0.2, 0.6), 0.59, "upper"),
        (FloatDistribution(0.2, 0.6), 0.57, None),
        (IntDistribution(2, 5), 5, "upper"),
        (IntDistribution(2, 5), 2, "lower"),
        (IntDistribution(2, 5), 4, None),
        (FloatDistribution(0.0, 0.5), 0.0, None),  # below 0 there is nothing
        (FloatDistribution(0.5, 1.0), 1.0, None),  # nor beyond all of it
        (FloatDistribution(0.1, 1.0, log=True), 1.0, "upper"),  # not a share
        (IntDistribution(1, 6), 1, None),
        (IntDistribution(3, 3), 3, None),
        (CategoricalDistribution([1, 2, 3]), 3, None),
    ],
)
def test_a_best_trial_at_the_end_of_a_range_is_told(
    distribution: BaseDistribution, value: Any, said: str | None
) -> None:
    study = new()
    add(study, 0.9, {"some.key": value}, {"some.key": distribution})
    warnings = edge_warnings(study)
    assert len(warnings) == (said is not None)
    if said:
        assert warnings[0].startswith("some.key: ")
        assert f"the {said} end" in warnings[0]
        assert ("widen it downwards" if said == "lower" else "widen it upwards") in warnings[0]


def test_most_of_the_top_trials_at_an_end_are_told_too() -> None:
    study = new("minimize")
    add(study, 0.1, {"model.optim.lr": 1e-3}, LR)
    for i in range(40):  # the top are 8, of which 7 are at the end
        add(study, 0.2 + i / 100, {"model.optim.lr": 9.9e-3 if i < 7 else 1e-3}, LR)
    assert ["7 of the 8 best trials lie at the upper end" in w for w in edge_warnings(study)] == [1]
    add(study, 0.15, {"model.optim.lr": 1e-3}, LR)
    for _ in range(3):
        add(study, 0.16, {"model.optim.lr": 1e-3}, LR)
    assert edge_warnings(study) == []


def test_an_end_where_one_of_equal_trials_stands_is_not_told() -> None:
    study = new()
    for lr in (9.9e-3, 1e-3):
        add(study, 0.9, {"model.optim.lr": lr}, LR)
    assert edge_warnings(study) == []
    add(study, 0.9, {"model.optim.lr": 9.8e-3}, LR)
    assert ["2 of the 3 best trials lie at the upper" in w for w in edge_warnings(study)] == [True]
