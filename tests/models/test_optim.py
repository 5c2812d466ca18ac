"""The optimiser's groups and the learning rate of every step."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
import torch
from tiny_models import (
    FROM_SCRATCH,
    POOLINGS,
    Recorder,
    loader,
    padded,
    random_batches,
    tiny_card,
    tiny_trainer,
)
from torch import nn

from weitiao.errors import ConfigError
from weitiao.models.heads import Head
from weitiao.models.module import TextModule
from weitiao.models.optim import Optimisation


def rates(optim: Optimisation, steps: int, taken: int) -> list[float]:
    """The learning rate of each of ``taken`` steps of a schedule made for ``steps``."""
    built = optim.build(nn.Linear(2, 2), steps)
    seen = []
    for _ in range(taken):
        seen.append(built["optimizer"].param_groups[0]["lr"])
        built["optimizer"].step()
        built["lr_scheduler"]["scheduler"].step()
    return seen


def expected_rate(optim: Optimisation, step: int, steps: int) -> float:
    """The formula, written out once more."""
    warmup = round(optim.warmup * steps)
    if step < warmup:
        return optim.lr * (step + 1) / (warmup + 1)
    left = max(0.0, (steps - step) / (steps - warmup))
    falling = {"constant": 1.0, "linear": left, "cosine": math.sin(math.pi / 2 * left) ** 2}
    return optim.lr * falling[optim.schedule]


@pytest.mark.parametrize("schedule", ["constant", "linear", "cosine"])
@pytest.mark.parametrize("warmup", [0.0, 0.1, 0.25])
def test_rate_follows_the_formula(schedule: str, warmup: float) -> None:
    optim = Optimisation(lr=0.1, warmup=warmup, schedule=schedule)  # type: ignore[arg-type]
    seen = rates(optim, 40, 50)
    assert seen == pytest.approx([expected_rate(optim, s, 40) for s in range(50)])
    assert max(seen) == pytest.approx(0.1)
    assert min(seen[:40]) > 0  # no step of the training is spent on nothing
    if schedule != "constant":
        assert seen[40:] == [0.0] * 10  # beyond the end, never negative
    if warmup == 0.1:
        assert seen[:5] == pytest.approx([0.02, 0.04, 0.06, 0.08, 0.1])


def test_trainer_steps_the_rate_once_per_update(tmp_path: Path) -> None:
    optim, recorder = Optimisation(lr=0.01, warmup=0.2), Recorder()
    module = TextModule(tiny_card(), FROM_SCRATCH["transformer"], optim=optim)
    trainer = tiny_trainer(tmp_path, recorder, max_epochs=2, accumulate_grad_batches=2)
    trainer.fit(module, loader(random_batches([4] * 10)))
    assert trainer.global_step == 10  # 2 epochs of 10 batches, two to an update
    expected = [expected_rate(optim, batch // 2, 10) for batch in range(20)]
    assert recorder.rates == pytest.approx(expected)


@pytest.mark.parametrize("warmup", [-0.1, 1.5, 100])
def test_warmup_that_is_no_share_is_refused(warmup: float) -> None:
    with pytest.raises(ConfigError, match="share of the steps"):
        Optimisation(warmup=warmup)


@pytest.mark.parametrize("pooling", POOLINGS)
def test_biases_and_norms_do_not_decay_and_all_else_does(pooling: str) -> None:
    module = TextModule(
        tiny_card(),
        FROM_SCRATCH["transformer"],
        pooling,
        Head("mlp"),  # type: ignore[arg-type]
    )
    optimizer = Optimisation(weight_decay=0.3).build(module, 10)["optimizer"]
    decay = {id(p): g["weight_decay"] for g in optimizer.param_groups for p in g["params"]}
    for name, parameter in module.named_parameters():
        exempt = name.endswith("bias") or "norm" in name.lower()
        assert decay.pop(id(parameter)) == (0.0 if exempt else 0.3), name
    assert not decay  # and nothing else is optimised


def test_embeddings_decay_and_frozen_parameters_stay(tmp_path: Path) -> None:
    torch.manual_seed(0)
    optim = Optimisation(lr=0.1, weight_decay=0.5, schedule="constant", warmup=0)
    module = TextModule(tiny_card(), FROM_SCRATCH["transformer"], optim=optim)
    embeddings = module.backbone.encoder.embeddings  # type: ignore[union-attr]
    embeddings.position_embeddings.requires_grad_(False)
    unseen = embeddings.word_embeddings.weight[50].clone()
    frozen = embeddings.position_embeddings.weight.clone()
    batch = padded([[2, 3, 4]], [0])
    tiny_trainer(tmp_path, max_epochs=1).fit(module, loader([batch]))
    torch.testing.assert_close(embeddings.word_embeddings.weight[50], unseen * (1 - 0.1 * 0.5))
    torch.testing.assert_close(embeddings.position_embeddings.weight, frozen)


def test_every_option_of_adamw_reaches_it() -> None:
    optim = Optimisation(lr=0.2, weight_decay=0.3, betas=(0.8, 0.9), eps=1e-4, warmup=0)
    for group in optim.build(nn.Linear(2, 2), 10)["optimizer"].param_groups:
        assert (group["lr"], group["betas"], group["eps"]) == (0.2, (0.8, 0.9), 1e-4)
