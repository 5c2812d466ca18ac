"""The chain of tags against all sequences, one by one."""

from itertools import product

import numpy as np
import pytest
import torch

from weitiao.objectives.spans.chain import Chain
from weitiao.objectives.spans.tags import best_tags

TYPES, LENGTHS = 2, (4, 1, 3)


def made(*, learned: bool) -> tuple[Chain, torch.Tensor, torch.Tensor]:
    """A chain, scores ``(B, T, K)`` and the mask of rows of these lengths."""
    torch.manual_seed(0)
    chain = Chain(TYPES, learned=learned)
    if chain.steps is not None:
        torch.nn.init.normal_(chain.steps)
    mask = torch.arange(max(LENGTHS)) < torch.tensor(LENGTHS).unsqueeze(1)
    return chain, torch.randn(len(LENGTHS), max(LENGTHS), 2 * TYPES + 1), mask


def best_of(chain: Chain, emissions: torch.Tensor, mask: torch.Tensor) -> np.ndarray:
    """The best tags of rows whose ends the mask says."""
    return best_tags(emissions.numpy(), mask.sum(1).numpy(), chain.scores().detach().numpy())


def sensible(tags: tuple[int, ...]) -> bool:
    """Whether each tag inside of a span follows one of its type."""
    pairs = zip((0, *tags), tags, strict=False)
    return all(tag % 2 or not tag or before in (tag, tag - 1) for before, tag in pairs)


def score(chain: Chain, emissions: torch.Tensor, tags: tuple[int, ...]) -> float:
    steps = (
        0.0
        if chain.steps is None
        else sum(float(chain.steps.detach()[a, b]) for a, b in zip((0, *tags), tags, strict=False))
    )
    return steps + sum(float(emissions[place, tag]) for place, tag in enumerate(tags))


@pytest.mark.parametrize("learned", [True, False])
def test_best_is_the_best_of_all_sequences_that_make_sense(learned: bool) -> None:
    chain, emissions, mask = made(learned=learned)
    found = best_of(chain, emissions, mask)
    for row, length in enumerate(LENGTHS):
        every = [t for t in product(range(2 * TYPES + 1), repeat=length) if sensible(t)]
        best = max(every, key=lambda tags: score(chain, emissions[row], tags))
        assert tuple(found[row, :length]) == best
        assert not found[row, length:].any()


def test_losses_are_the_share_of_a_sequence_in_the_sum_of_all() -> None:
    chain, emissions, mask = made(learned=True)
    tags = torch.tensor([[1, 2, 0, 3], [3, 9, 9, 9], [0, 0, 1, 9]])
    found = chain.losses(emissions, tags, mask)
    for row, length in enumerate(LENGTHS):
        every = [t for t in product(range(2 * TYPES + 1), repeat=length) if sensible(t)]
        scores = torch.tensor([score(chain, emissions[row], t) for t in every])
        own = score(chain, emissions[row], tuple(tags[row, :length].tolist()))
        assert float(found[row]) == pytest.approx(float(scores.logsumexp(0)) - own, abs=1e-4)


def test_without_learned_steps_each_tag_is_its_own_question() -> None:
    chain, emissions, mask = made(learned=False)
    tags = torch.zeros(len(LENGTHS), max(LENGTHS), dtype=torch.long)
    alone = torch.nn.functional.cross_entropy(emissions.mT, tags, reduction="none")
    assert torch.allclose(chain.losses(emissions, tags, mask), (alone * mask).sum(1))


def test_positions_may_weigh_more_than_others() -> None:
    chain, emissions, mask = made(learned=False)
    tags = torch.zeros(len(LENGTHS), max(LENGTHS), dtype=torch.long)
    alone = torch.nn.functional.cross_entropy(emissions.mT, tags, reduction="none")
    weights = torch.tensor([1.0, 0.5, 2.0, 0.0]) * mask
    assert torch.allclose(chain.losses(emissions, tags, mask, weights), (alone * weights).sum(1))


def test_a_row_without_text_has_no_loss_and_no_tag() -> None:
    chain, emissions, _ = made(learned=True)
    nothing = torch.zeros(emissions.shape[:2], dtype=torch.bool)
    tags = torch.zeros_like(nothing, dtype=torch.long)
    assert not chain.losses(emissions, tags, nothing).any()
    assert not best_of(chain, emissions, nothing).any()
