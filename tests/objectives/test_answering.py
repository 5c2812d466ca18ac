"""The loss of answers is the negative logarithm of the probability of all that are right."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from weitiao.objectives.answers.answering import Answering, Edges

CELLS: Sequence[list[list[Any]]] = (
    [[1, 3, "bc"]],
    [[0, 1, "a"], [4, 5, "e"]],
    [],
    [[-1, -1, "zz"]],
)
"""Of a text of five characters: one answer, two, none, one that stands nowhere."""


class Known(Answering):
    """An objective whose probabilities are given."""

    def __init__(self, begin: Tensor, end: Tensor) -> None:
        nn.Module.__init__(self)
        places = np.arange(begin.shape[1] - 1)
        offsets = np.stack([places, places + 1], 1)
        self.none = nn.Linear(1, 2)
        self.known = Edges(begin, end, [offsets] * len(begin))

    def edges(self, backbone: object, batch: object) -> Edges:
        return self.known


def known(rows: int) -> Known:
    torch.manual_seed(0)
    draws = (torch.randn(rows, 6, dtype=torch.float64).log_softmax(1) for _ in range(2))
    return Known(*(draw.requires_grad_() for draw in draws))


def test_several_answers_are_added_up_and_what_stands_nowhere_is_no_part() -> None:
    objective = known(4)
    batch = {"target": [*map(json.dumps, CELLS)]}
    loss, size = objective.loss(None, batch)  # type: ignore[arg-type]  # no backbone is asked
    begin, end = (each.exp() for each in objective.known[:2])
    right = (
        begin[0, 2] * end[0, 3],
        begin[1, 1] * end[1, 1] + begin[1, 5] * end[1, 5],
        begin[2, 0] * end[2, 0],
    )
    assert float(size) == 3
    assert float(loss) == pytest.approx(-sum(float(each.log()) for each in right) / 3)


def test_a_batch_from_which_nothing_is_learned_has_a_gradient_of_zeros() -> None:
    objective = known(2)
    batch = {"target": [json.dumps(CELLS[3])] * 2}
    loss, size = objective.loss(None, batch)  # type: ignore[arg-type]  # no backbone is asked
    loss.backward()
    assert (float(loss), float(size)) == (0, 0)
    assert objective.known.begin.grad is not None
    assert not objective.known.begin.grad.any()
