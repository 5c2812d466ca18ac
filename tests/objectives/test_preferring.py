"""Two answers of which one is preferred: the loss, what is remembered, scores and warnings."""

from __future__ import annotations

import math
import random
from typing import Any

import pytest
import torch
from replies import reply_batch, reply_card, save_causal, sums
from torch import Tensor

from weitiao.errors import ConfigError
from weitiao.models.backbones.causal import Causal
from weitiao.objectives import Preferring, chunked
from weitiao.objectives.preferences.likelihood import Likelihoods
from weitiao.objectives.preferences.metrics import averages

NAN = math.nan


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> str:
    return save_causal(tmp_path_factory.mktemp("model"))


def compared_batch(count: int, first: int = 0) -> dict[str, Any]:
    """Conversations with two answers as their input collates them."""
    rows = sums(count, first)
    chosen = reply_batch(rows, first)
    rejected = reply_batch([(prompt, f"{answer} or so") for prompt, answer in rows])
    width = rejected["learned"].shape[1]

    def both(one: Tensor, other: Tensor) -> Tensor:
        return torch.cat([torch.nn.functional.pad(one, (0, width - one.shape[1])), other])

    inputs = {n: both(x, rejected["inputs"][n]) for n, x in chosen["inputs"].items()}
    return {**chosen, "inputs": inputs, "learned": both(chosen["learned"], rejected["learned"])}


def objective_of(folder: str, **options: Any) -> tuple[Preferring, Causal]:
    backbone = Causal(reply_card(), name=folder)
    return Preferring(reply_card(), backbone, **options), backbone


def by_hand(
    chosen: float, rejected: float, before: list[float], sizes: list[int], **options: Any
) -> float:
    """The loss of a row, term by term, in Python's own numbers."""
    beta, sft, per_id = (options.get(n, x) for n, x in (("beta", 0.1), ("sft", 0), ("per_id", 0)))
    gains = [chosen - before[0], rejected - before[1]]
    if per_id:
        gains = [gain / size for gain, size in zip(gains, sizes, strict=True)]
    margin = beta * gains[0] - beta * gains[1]
    return math.log1p(math.exp(-margin)) + sft * -chosen / sizes[0]


@pytest.mark.parametrize("seed", range(20))
def test_the_loss_is_what_a_hand_computes(seed: int, folder: str) -> None:
    draw = random.Random(seed)
    options = {"beta": draw.uniform(0.01, 2), "sft": draw.choice([0.0, draw.random()])}
    options["per_id"] = draw.random() < 0.5
    objective, _ = objective_of(folder, **options)
    sums_ = [[draw.uniform(-40, -1), draw.uniform(-40, -1)] for _ in range(4)]
    sizes = [[draw.randint(1, 9), draw.randint(1, 9)] for _ in range(4)]
    before = [[draw.uniform(-40, -1), draw.uniform(-40, -1)] for _ in range(4)]
    found = Likelihoods(torch.tensor(sums_, dtype=torch.float64), torch.tensor(sizes))
    batch = {"reference": torch.tensor(before, dtype=torch.float64)}
    losses = objective._losses(found, objective._rewards(found, batch))
    wanted = [
        by_hand(*row, each, size, **options)
        for row, each, size in zip(sums_, before, sizes, strict=True)
    ]
    torch.testing.assert_close(losses.tolist(), wanted, rtol=1e-12, atol=1e-12)


def test_likelihoods_are_those_of_the_model_and_their_gradients_too(
    folder: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = compared_batch(4)
    batch["reference"] = torch.zeros(4, 2)
    monkeypatch.setattr(chunked, "LOGITS", 7 * reply_card().tokens.vocab_size)  # 7 at a time
    objective, backbone = objective_of(folder, beta=0.5, sft=0.3)
    backbone.double()
    value, size = objective.loss(backbone, batch)
    value.backward()
    assert size == 4
    plain = Causal(reply_card(), name=folder).double()
    ids, learned = batch["inputs"]["input_ids"], batch["learned"]
    logs = plain.whole[0](**batch["inputs"]).logits[:, :-1].log_softmax(-1)
    each = logs.gather(-1, ids[:, 1:, None]).squeeze(-1) * learned[:, 1:]
    chosen, rejected = each.sum(1).chunk(2)
    counts = learned.sum(1).chunk(2)[0]
    wanted = (-(0.5 * (chosen - rejected)).sigmoid().log() - 0.3 * chosen / counts).mean()
    wanted.backward()
    torch.testing.assert_close(value, wanted, rtol=1e-6, atol=1e-6)
    gradients = ({n: p.grad for n, p in each.named_parameters()} for each in (backbone, plain))
    torch.testing.assert_close(next(gradients), next(gradients), rtol=1e-5, atol=1e-6)


def test_a_model_that_has_not_changed_rewards_nothing(folder: str) -> None:
    objective, backbone = objective_of(folder, sample=0)
    batch = compared_batch(5)
    with torch.no_grad():
        remembered = objective.remembered(backbone, batch)
        found = objective.evaluate(backbone, {**batch, **remembered})
    assert remembered["reference"].shape == (5, 2)
    rows = found.predictions
    assert all(row.rewards == (0.0, 0.0) for row in rows)
    torch.testing.assert_close(found.losses, torch.full((5,), math.log(2)))
    measured = objective.measure(rows, objective.decide(rows), found.targets)
    assert (measured["accuracy"], measured["margin"]) == (0.5, 0)


def test_without_what_is_remembered_rewards_are_not_known(folder: str) -> None:
    objective, backbone = objective_of(folder, sample=0)
    with torch.no_grad():
        found = objective.evaluate(backbone, compared_batch(3))
    measured = objective.measure(found.predictions, objective.decide(found.predictions), ["x"] * 3)
    assert measured["accuracy"].isnan()
    assert measured["margin"].isnan()
    assert 0 <= measured["likelier"] <= 1


def test_rows_of_which_an_answer_does_not_fit_have_no_part(folder: str) -> None:
    objective, backbone = objective_of(folder, sample=0)
    batch = compared_batch(3)
    batch["reference"] = torch.zeros(3, 2)
    whole = objective.loss(backbone, batch)
    batch["learned"][3] = False  # the rejected answer of the first row
    part = objective.loss(backbone, batch)
    assert (whole.size, part.size) == (3, 2)
    found = objective.evaluate(backbone, batch)
    assert found.sizes is not None
    assert found.sizes.tolist() == [0, 1, 1]
    torch.testing.assert_close(part.value, found.losses[1:].mean())
    batch["learned"][:] = False
    nothing = objective.loss(backbone, batch)
    nothing.value.backward()
    assert nothing.size == nothing.value == 0


def test_equal_rewards_are_half_right() -> None:
    rows = [
        [0, 0, 0, 0, 0, 1.0, 0.5, 1, 1],
        [0, 0, 0, 0, 0, 0.5, 0.5, 0, 1],
        [0, 0, 0, 0, 0, NAN, NAN, 0, 0],
    ]
    found = averages(torch.tensor(rows, dtype=torch.float64))
    assert (found["accuracy"], found["likelier"], found["margin"]) == (0.75, 0.5, 0.25)


@pytest.mark.parametrize(
    ("chosen", "rejected", "sft", "told"),
    [(-0.5, -2.0, 0.0, True), (0.1, -2.0, 0.0, False), (-0.5, -2.0, 0.1, False)],
)
def test_it_is_told_when_both_rewards_fall(
    chosen: float, rejected: float, sft: float, told: bool, folder: str
) -> None:
    objective, _ = objective_of(folder, sft=sft)
    scores = {"reward_chosen": chosen, "reward_rejected": rejected}
    lines = [*objective.doubts("val", scores)]
    assert bool(lines) is told
    assert not told or "{--sft}" in lines[0]


def test_the_longer_answers_are_counted(folder: str) -> None:
    objective, _ = objective_of(folder, sample=0)
    lines = [*objective.lost("val", lambda: [compared_batch(4)], str)]
    assert "val: the longer answer is the preferred one of 0.0% of the rows" in lines


@pytest.mark.parametrize(("options", "field"), [({"beta": 0.0}, "beta"), ({"sft": -1.0}, "sft")])
def test_bad_options_are_named(options: dict[str, float], field: str, folder: str) -> None:
    with pytest.raises(ConfigError) as caught:
        objective_of(folder, **options)
    assert caught.value.field == field
