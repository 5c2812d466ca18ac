"""Recurrent networks read rows from both ends and never their padding."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest
import torch
from tiny_models import LENGTH, padded, random_texts, tiny_card
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from weitiao.errors import ConfigError
from weitiao.models.backbones.recurrent import Recurrent, turn


def built(**options: Any) -> Recurrent:
    torch.manual_seed(0)
    return Recurrent(tiny_card(), embedding=8, width=12, **options).eval()


def test_rows_are_turned_round_within_their_length() -> None:
    mask = torch.tensor([[1, 1, 1, 0, 0], [1, 1, 1, 1, 1], [1, 0, 0, 0, 0]]).bool()
    assert turn(mask).tolist() == [[2, 1, 0, 3, 4], [4, 3, 2, 1, 0], [0, 1, 2, 3, 4]]


@pytest.mark.parametrize(
    ("cell", "layers", "bidirectional"), list(product(("lstm", "gru"), (1, 2), (True, False)))
)
def test_it_is_torchs_packed_network(cell: str, layers: int, bidirectional: bool) -> None:
    ours = built(cell=cell, layers=layers, bidirectional=bidirectional)
    theirs = {"lstm": nn.LSTM, "gru": nn.GRU}[cell](
        8, 12 // (1 + bidirectional), layers, batch_first=True, bidirectional=bidirectional
    )
    weights = {
        f"{name[:-1]}{layer}{ending}": value
        for part, ending in ((ours.ahead, ""), (ours.back, "_reverse"))
        for layer, network in enumerate(part)
        for name, value in network.named_parameters()
    }
    theirs.load_state_dict(weights)
    texts = random_texts(6)
    batch = padded(texts)
    ids, mask = batch["inputs"]["input_ids"], batch["inputs"]["attention_mask"]
    packed = pack_padded_sequence(
        ours.embedding(ids), mask.sum(1), batch_first=True, enforce_sorted=False
    )
    expected, _ = pad_packed_sequence(theirs(packed)[0], batch_first=True)
    torch.testing.assert_close(ours(ids, mask)[mask], expected[mask])


@pytest.mark.parametrize("bidirectional", [True, False])
def test_padding_changes_no_vector_and_gets_no_gradient(bidirectional: bool) -> None:
    model = built(bidirectional=bidirectional, layers=2)
    text = random_texts(1)[0]
    alone = padded([text])
    beside = padded([text, [5] * LENGTH])
    expected = model(alone["inputs"]["input_ids"], alone["inputs"]["attention_mask"])[0]
    got = model(beside["inputs"]["input_ids"], beside["inputs"]["attention_mask"])[0, : len(text)]
    torch.testing.assert_close(got, expected)
    got.sum().backward()
    assert model.embedding.weight.grad is not None
    assert not model.embedding.weight.grad[1].any()  # the id of padding


def test_only_a_bidirectional_one_sees_what_comes() -> None:
    ids = torch.tensor([[5, 6, 7], [5, 6, 8]])
    for bidirectional in (True, False):
        first, second = built(bidirectional=bidirectional)(ids, torch.ones_like(ids).bool())[:, 0]
        assert torch.equal(first, second) != bidirectional


@pytest.mark.parametrize("layers", [1, 2])
def test_dropout_is_at_the_entrance_of_each_layer(layers: int) -> None:
    model = built(layers=layers).train()
    model.dropout.p = 1.0  # as an option it is refused: nothing could be learned
    ids = torch.tensor([[5, 6, 7], [8, 9, 10]])
    first, second = model(ids, torch.ones_like(ids).bool())
    assert torch.equal(first, second)  # nothing of the ids is left
    assert model.eval()(ids, torch.ones_like(ids).bool()).unique(dim=0).shape[0] == 2


@pytest.mark.parametrize("options", [{"width": 7}, {"layers": 0}, {"width": 0}])
def test_sizes_that_make_no_network_are_refused(options: dict[str, int]) -> None:
    with pytest.raises(ConfigError, match=rf"^{next(iter(options))}"):
        Recurrent(tiny_card(), **options)
