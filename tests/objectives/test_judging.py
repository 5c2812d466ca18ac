"""Answers that were judged good or bad: the loss, rewards and scores."""

from __future__ import annotations

import math
import random
from typing import Any

import pytest
import torch
from replies import reply_batch, reply_card, save_causal, sums
from torch.nn.functional import pad

from weitiao.errors import ConfigError
from weitiao.models.backbones.causal import Causal
from weitiao.objectives import Judging
from weitiao.objectives.preferences.judging_metrics import averages
from weitiao.objectives.preferences.likelihood import Likelihoods

NAN = math.nan


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> str:
    return save_causal(tmp_path_factory.mktemp("model"))


def judged_batch(count: int) -> dict[str, Any]:
    """Conversations as their input collates them: own answers, those of the rows behind, judged."""
    rows = sums(count)
    own = reply_batch(rows)
    answers = [answer for _, answer in rows]
    other = reply_batch([(p, a) for (p, _), a in zip(rows, answers[1:] + answers[:1], strict=True)])
    width = max(each["learned"].shape[1] for each in (own, other))

    def both(name: str) -> Any:
        parts = [each["inputs"].get(name, each.get(name)) for each in (own, other)]
        return torch.cat([pad(part, (0, width - part.shape[1])) for part in parts])

    inputs = {name: both(name) for name in own["inputs"]}
    good = torch.arange(count) % 2 == 0
    return {**own, "inputs": inputs, "learned": both("learned"), "good": good}


def objective_of(folder: str, **options: Any) -> tuple[Judging, Causal]:
    backbone = Causal(reply_card(), name=folder)
    return Judging(reply_card(), backbone, **options), backbone


@pytest.mark.parametrize("seed", range(20))
def test_the_loss_is_what_a_hand_computes(seed: int, folder: str) -> None:
    draw = random.Random(seed)
    beta, good, bad = draw.uniform(0.01, 2), draw.uniform(0.1, 2), draw.uniform(0.1, 2)
    objective, _ = objective_of(folder, beta=beta, good=good, bad=bad)
    now, before = ([[draw.uniform(-9, 0) for _ in "ab"] for _ in range(5)] for _ in range(2))
    judged = [draw.random() < 0.5 for _ in range(5)]
    counts = torch.tensor([[2, 3], [1, 1], [4, 0], [0, 2], [3, 3]])  # two answers don't fit
    batch = {
        "reference": torch.tensor(before, dtype=torch.float64),
        "good": torch.tensor(judged),
    }
    found = Likelihoods(torch.tensor(now, dtype=torch.float64), counts)
    losses, weights = objective._losses(found, batch, lambda own: own)
    gains = [[a - b for a, b in zip(*pair, strict=True)] for pair in zip(now, before, strict=True)]
    level = max(0.0, sum(gains[row][1] for row in (0, 1, 3, 4)) / 4)
    for row, is_good in enumerate(judged):
        difference = beta * (gains[row][0] - level)
        wanted = 1 - 1 / (1 + math.exp(-difference if is_good else difference))
        assert losses[row].item() == pytest.approx(wanted, rel=1e-12)
        assert weights[row].item() == pytest.approx((good if is_good else bad) * (row != 3))


def test_a_model_that_has_not_changed_rewards_nothing(folder: str) -> None:
    objective, backbone = objective_of(folder, sample=0)
    batch = judged_batch(4)
    with torch.no_grad():
        remembered = objective.remembered(backbone, batch)
        found = objective.evaluate(backbone, {**batch, **remembered})
    assert all(row.reward == 0 for row in found.predictions)
    torch.testing.assert_close(found.losses, torch.full((4,), 0.5))
    measured = objective.measure(found.predictions, objective.decide(found.predictions), ["x"] * 4)
    assert measured["auroc"] == 0.5


def test_good_answers_become_likelier_and_bad_ones_less(folder: str) -> None:
    objective, backbone = objective_of(folder, sample=0)
    batch = judged_batch(6)
    with torch.no_grad():
        batch |= objective.remembered(backbone, batch)
    optimiser = torch.optim.SGD(backbone.parameters(), lr=0.02)
    for _ in range(20):
        optimiser.zero_grad()
        objective.loss(backbone, batch).value.backward()
        optimiser.step()
    rows = objective.evaluate(backbone, batch).predictions
    found = objective.measure(rows, objective.decide(rows), ["x"] * 6)
    assert found["reward_good"] > 0 > found["reward_bad"]
    assert found["auroc"] == 1


def test_gradients_are_those_of_own_answers(folder: str) -> None:
    objective, backbone = objective_of(folder, sample=0)
    backbone.double()
    batch = judged_batch(4)
    batch["reference"] = torch.full((4, 2), -9.0, dtype=torch.float64)
    objective.loss(backbone, batch).value.backward()
    plain = Causal(reply_card(), name=folder).double()
    ids, learned = batch["inputs"]["input_ids"], batch["learned"]
    logs = plain.whole[0](**batch["inputs"]).logits[:, :-1].log_softmax(-1)
    each = logs.gather(-1, ids[:, 1:, None]).squeeze(-1) * learned[:, 1:]
    own, other = (each.sum(1) + 9).chunk(2)
    level = other.detach().mean().clamp(min=0)
    sign = batch["good"].double() * 2 - 1
    (1 - torch.sigmoid(0.1 * sign * (own - level))).mean().backward()
    gradients = ({n: p.grad for n, p in each.named_parameters()} for each in (backbone, plain))
    torch.testing.assert_close(next(gradients), next(gradients), rtol=1e-5, atol=1e-7)


def test_the_level_has_no_gradient(folder: str) -> None:
    objective, backbone = objective_of(folder, sample=0)
    batch = judged_batch(4)
    batch["reference"] = torch.full((4, 2), -1e3)  # so that the level is far above 0
    batch["learned"][:4] = False  # of the own answers nothing is left to learn
    nothing = objective.loss(backbone, batch)
    nothing.value.backward()
    assert nothing.size == nothing.value == 0
    assert all(p.grad is None or not p.grad.any() for p in backbone.parameters())


def test_without_what_is_remembered_rewards_are_not_known(folder: str) -> None:
    objective, backbone = objective_of(folder, sample=0)
    found = objective.evaluate(backbone, judged_batch(3)).predictions
    measured = objective.measure(found, objective.decide(found), ["x"] * 3)
    assert measured["auroc"].isnan()
    assert measured["perplexity"] > 1


def test_scores_of_rows_are_those_of_a_hand() -> None:
    rows = [[4, 2, 1, 0.3, 0, 0], [2, 2, 1, 0.1, 0, 0], [9, 3, 0, 0.2, 1, 1], [0, 0, 0, 9, 1, 0]]
    found = averages(torch.tensor(rows, dtype=torch.float64))
    wanted = {"auroc": 0.5, "reward_good": 0.2, "reward_bad": 0.2, "ended": 0.5}
    assert {name: found[name].item() for name in wanted} == pytest.approx(wanted)
    assert found["perplexity"].item() == pytest.approx(math.exp(6 / 4))


def test_rows_of_one_kind_teach_nothing(folder: str) -> None:
    objective, _ = objective_of(folder, sample=0)
    batch = judged_batch(3)
    assert "val: 2 of 3 answers are good" in [*objective.lost("val", lambda: [batch], str)]
    batch["good"][:] = True
    with pytest.raises(ConfigError, match="nothing can be told apart"):
        [*objective.lost("train", lambda: [batch], str)]
