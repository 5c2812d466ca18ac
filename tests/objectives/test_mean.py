"""The running mean."""

from __future__ import annotations

import math

import pytest
import torch

from weitiao.objectives.mean import Mean


def test_values_count_by_their_weight() -> None:
    mean = Mean()
    mean.update(torch.tensor(2.0), torch.tensor(3))
    mean.update(torch.tensor([4.0, 6.0]))
    mean.update(1.0, 0.5)
    assert float(mean.compute()) == pytest.approx((6 + 10 + 0.5) / 5.5)


def test_sums_keep_32_bits_and_no_number_stays_visible() -> None:
    mean = Mean().to(torch.bfloat16)
    for _ in range(300):
        mean.update(torch.ones((), dtype=torch.bfloat16))
    assert float(mean.weight) == 300
    mean.update(torch.tensor(math.nan))
    assert math.isnan(float(mean.compute()))
