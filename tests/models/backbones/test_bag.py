"""A bag knows words and n-grams, and nothing of their place."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from tiny_models import padded, random_batches, tiny_card
from torch import Tensor

from weitiao.errors import ConfigError
from weitiao.models.backbones.bag import Bag


def pooled(bag: Bag, *texts: list[int]) -> list[Tensor]:
    """Sums over the positions of each text."""
    batch = padded(texts)
    with torch.inference_mode():
        hidden = bag(batch["inputs"]["input_ids"], batch["inputs"]["attention_mask"])
    mask = batch["inputs"]["attention_mask"].unsqueeze(-1)
    return list((hidden * mask).sum(1))


def drawn(**options: Any) -> Bag:
    """A bag whose n-grams have random vectors, as if it were trained."""
    torch.manual_seed(0)
    bag = Bag(tiny_card(), embedding=8, **options)
    if bag.orders > 1:
        torch.nn.init.normal_(bag.ngrams.weight)
    return bag.eval()


def test_without_n_grams_it_is_the_embedding_in_any_order() -> None:
    bag = drawn(orders=1)
    ids = random_batches([3])[0]["inputs"]["input_ids"]
    assert torch.equal(bag(ids, ids != 1), bag.embedding(ids))
    first, second = pooled(bag, [5, 6, 7, 8], [8, 6, 5, 7])
    torch.testing.assert_close(first, second)
    assert not hasattr(bag, "ngrams")


@pytest.mark.parametrize("orders", [2, 3])
def test_n_grams_tell_orders_apart_that_shorter_ones_dont(orders: int) -> None:
    # the same pairs of neighbours, not the same triples
    one, other = [2, 5, 5, 6, 5, 2], [2, 5, 6, 5, 5, 2]
    texts = [[2, 5, 6, 2], [2, 6, 5, 2]] if orders == 2 else [one, other]
    shorter, longer = drawn(orders=orders - 1), drawn(orders=orders)
    torch.testing.assert_close(*pooled(shorter, *texts))
    first, second = pooled(longer, *texts)
    assert (first - second).abs().max() > 0.1


def test_n_grams_start_at_nothing_so_that_word_vectors_speak_first() -> None:
    bag = Bag(tiny_card(), embedding=8, orders=3).eval()
    ids = random_batches([3])[0]["inputs"]["input_ids"]
    torch.testing.assert_close(bag(ids, ids != 1), bag.embedding(ids) / 3)


def test_dropout_leaves_out_whole_words_and_keeps_the_mean() -> None:
    torch.manual_seed(0)
    bag = Bag(tiny_card(), embedding=8, orders=1, dropout=0.25).train()
    ids = torch.full((50, 40), 7)
    hidden = bag(ids, ids != 1).detach()
    gone = (hidden == 0).all(-1)
    assert float(gone.float().mean()) == pytest.approx(0.25, abs=0.05)
    torch.testing.assert_close(hidden[~gone], bag.embedding(ids)[~gone].detach() / 0.75)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"orders": 0}, "at least 1"),
        ({"buckets": 0}, "at least 1"),
        ({"orders": 1, "buckets": 9}, "no effect"),
    ],
)
def test_senseless_options_are_refused(options: dict[str, int], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        Bag(tiny_card(), **options)
