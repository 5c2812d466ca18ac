"""How probable a span is: its share of all sequences of tags, counted one by one."""

from __future__ import annotations

from collections import Counter
from itertools import product

import numpy as np
import pytest
import torch

from weitiao.objectives.spans.chain import Chain
from weitiao.objectives.spans.sure import found_in
from weitiao.objectives.spans.tags import Span, spans_of

LENGTHS = (5, 2, 1, 3, 0)


def shares(
    scores: np.ndarray, offsets: np.ndarray, steps: np.ndarray
) -> tuple[Counter[Span], float]:
    """The weight of all sequences that have a span, and of all there are."""
    found, total = Counter[Span](), 0.0
    for tags in product(range(len(steps)), repeat=len(scores)):
        before = (0, *tags)
        weight = sum(
            scores[place, tag] + steps[last, tag]
            for place, (last, tag) in enumerate(zip(before, tags, strict=False))
        )
        total += np.exp(weight)
        for span in spans_of(np.array(tags), offsets):
            found[span] += np.exp(weight)
    return found, total


@pytest.mark.parametrize("learned", [True, False])
@pytest.mark.parametrize("types", [1, 2])
def test_it_is_the_share_of_the_sequences_that_have_the_span(types: int, learned: bool) -> None:
    torch.manual_seed(types)
    chain = Chain(types, learned=learned)
    if chain.steps is not None:
        torch.nn.init.normal_(chain.steps)
    steps = chain.scores().detach().numpy()
    scores = torch.randn(len(LENGTHS), max(LENGTHS), 2 * types + 1).numpy()
    places = [np.arange(length)[:, None] + [0, 1] for length in LENGTHS]
    rows = found_in(scores, places, steps)
    assert sum(len(row.spans) for row in rows) > 3
    for row, offsets, row_scores in zip(rows, places, scores, strict=True):
        found, total = shares(row_scores[: len(offsets)], offsets, steps)
        expected = [found[span] / total for span in row.spans]
        assert row.sure == pytest.approx(expected, rel=1e-6)


def test_scores_of_any_size_give_probabilities() -> None:
    steps = Chain(1, learned=False).scores().numpy()
    scores = np.zeros((1, 3, 3), np.float32)
    scores[0, :, 1] = 500
    (row,) = found_in(scores, [np.array([[0, 1], [1, 2], [2, 3]])], steps)
    assert row.sure == [1, 1, 1]
