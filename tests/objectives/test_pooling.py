"""Poolings by hand: which positions count, wherever the padding stands."""

from __future__ import annotations

import pytest
import torch

from weitiao.objectives.pooling import PoolingName, build_pooling

HIDDEN = torch.tensor([[[1.0], [2.0], [3.0], [4.0]]])


@pytest.mark.parametrize(
    ("mask", "expected"),
    [
        ([1, 1, 1, 1], {"cls": 1.0, "last": 4.0, "mean": 2.5, "max": 4.0}),
        ([1, 1, 1, 0], {"cls": 1.0, "last": 3.0, "mean": 2.0, "max": 3.0}),
        ([0, 1, 1, 0], {"cls": 2.0, "last": 3.0, "mean": 2.5, "max": 3.0}),
        ([0, 0, 0, 1], {"cls": 4.0, "last": 4.0, "mean": 4.0, "max": 4.0}),
        ([1, 0, 0, 0], {"cls": 1.0, "last": 1.0, "mean": 1.0, "max": 1.0}),
    ],
)
def test_only_positions_that_are_not_padding_count(
    mask: list[int], expected: dict[PoolingName, float]
) -> None:
    found = {
        name: build_pooling(name, 1)(HIDDEN, torch.tensor([mask]).bool()).item()
        for name in expected
    }
    assert found == expected
