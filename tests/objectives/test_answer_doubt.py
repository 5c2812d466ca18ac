"""The threshold of no answer is the best one of all."""

import math
import random

import pytest
import torch

from weitiao.objectives.answers.doubt import Doubt


def score(threshold: float, rows: list[tuple[float, float, float]]) -> float:
    return sum(none if doubt > threshold else said for doubt, said, none in rows)


def tuned(rows: list[tuple[float, float, float]]) -> float:
    doubt = Doubt()
    doubt.tune(*map(torch.tensor, zip(*rows, strict=True)))
    return float(doubt.threshold)


@pytest.mark.parametrize("seed", range(5))
def test_no_threshold_is_better(seed: int) -> None:
    draw = random.Random(seed)
    rows = [
        (round(draw.uniform(-3, 3), 1), draw.random(), float(draw.random() < 0.4))
        for _ in range(60)
    ]
    best = max(score(t / 20, rows) for t in range(-80, 80))
    assert score(tuned(rows), rows) == pytest.approx(best)


def test_of_several_the_one_nearest_to_zero() -> None:
    assert tuned([(-5.0, 1.0, 0.0), (5.0, 0.0, 1.0)]) == 0
    assert tuned([(1.0, 1.0, 0.0), (2.0, 0.0, 1.0)]) == pytest.approx(1.5)


def test_rows_that_cannot_doubt_say_nothing() -> None:
    assert tuned([(-math.inf, 1.0, 0.0), (-math.inf, 0.0, 1.0)]) == 0


@pytest.mark.parametrize("none", [0.0, 1.0])
def test_rows_of_one_kind_say_nothing(none: float) -> None:
    rows = [(3.0, 1 - none, none), (-3.0, 1 - none, none)]
    doubt = Doubt()
    doubt.threshold.fill_(9.0)  # as of an epoch before
    doubt.tune(*map(torch.tensor, zip(*rows, strict=True)))
    assert float(doubt.threshold) == 0
