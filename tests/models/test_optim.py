"""The optimiser's groups and the learning rate of every step."""

from __future__ import annotations

import copy
import math
from pathlib import Path
from typing import Any

import pytest
import torch
from tiny_models import (
    FROM_SCRATCH,
    POOLINGS,
    Recorder,
    loader,
    module_of,
    padded,
    random_batches,
    tiny_card,
    tiny_trainer,
)
from torch import nn

from weitiao.errors import ConfigError
from weitiao.models.optim import Optimisation
from weitiao.objectives.heads import Head
from weitiao.objectives.wide import Wide


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
    module = module_of(tiny_card(), FROM_SCRATCH["transformer"], optim=optim)
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
    module = module_of(
        tiny_card(),
        FROM_SCRATCH["transformer"],
        pooling=pooling,
        head=Head("mlp"),
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
    module = module_of(tiny_card(), FROM_SCRATCH["transformer"], optim=optim)
    embeddings = module.backbone.encoder.embeddings  # type: ignore[union-attr]
    embeddings.position_embeddings.requires_grad_(False)
    unseen = embeddings.word_embeddings.weight[50].clone()
    frozen = embeddings.position_embeddings.weight.clone()
    batch = padded([[2, 3, 4]], [0])
    tiny_trainer(tmp_path, max_epochs=1).fit(module, loader([batch]))
    torch.testing.assert_close(embeddings.word_embeddings.weight[50], unseen * (1 - 0.1 * 0.5))
    torch.testing.assert_close(embeddings.position_embeddings.weight, frozen)


OWN: dict[str, dict[str, Any]] = {  # options of each optimiser, as we and as torch name them
    "adamw": {"betas": (0.8, 0.9), "eps": 1e-4},
    "adam": {"betas": (0.8, 0.9), "eps": 1e-4},
    "sgd": {"momentum": 0.7},
    "adafactor": {},
}
THEIRS = {
    "adamw": torch.optim.AdamW,
    "adam": torch.optim.Adam,
    "sgd": torch.optim.SGD,
    "adafactor": torch.optim.Adafactor,
}


@pytest.mark.parametrize("name", OWN)
def test_steps_are_those_of_torchs_own_loop(name: str, tmp_path: Path) -> None:
    rate = 0.05 if name == "adafactor" else 0.01
    optim = Optimisation(
        optimizer=name,  # type: ignore[arg-type]
        lr=rate,
        weight_decay=0.1,
        schedule="constant",
        warmup=0,
        **OWN[name],
    )
    wide = Wide(orders=1, buckets=50, lr=0.3, dropout=0.0)
    torch.manual_seed(0)
    head = Head(dropout=0.0)
    module = module_of(tiny_card(), FROM_SCRATCH["transformer"], head=head, optim=optim, wide=wide)
    textbook, batches = copy.deepcopy(module), random_batches([8] * 6)

    recorder = Recorder()
    tiny_trainer(tmp_path, recorder, max_epochs=1).fit(module, loader(batches))

    of_wide = {n: p for n, p in textbook.named_parameters() if ".wide." in n}
    deep = {n: p for n, p in textbook.named_parameters() if n not in of_wide}
    groups = [
        {"params": [p for p in deep.values() if p.ndim > 1], "weight_decay": 0.1},
        {"params": [p for p in deep.values() if p.ndim == 1], "weight_decay": 0.0},
        {"params": list(of_wide.values()), "weight_decay": 0.0, "lr": 0.3},
    ]
    optimizer = THEIRS[name](groups, lr=rate, **OWN[name])
    losses = []
    for batch in batches:
        parts = textbook.objective.scorer.parts(textbook.backbone, batch["inputs"])
        loss = sum(nn.functional.cross_entropy(part, batch["target"]) for part in parts)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert recorder.losses == pytest.approx(losses, abs=1e-5)
    assert max(losses) - min(losses) > 0.02
    for (key, ours), theirs in zip(module.named_parameters(), textbook.parameters(), strict=True):
        torch.testing.assert_close(ours, theirs, atol=1e-4, rtol=1e-4, msg=key)


@pytest.mark.parametrize("name", OWN)
def test_every_option_of_an_optimiser_reaches_it(name: str) -> None:
    optim = Optimisation(optimizer=name, lr=0.2, weight_decay=0.3, warmup=0, **OWN[name])  # type: ignore[arg-type]
    optimizer = optim.build(nn.Linear(2, 2), 10)["optimizer"]
    assert type(optimizer) is THEIRS[name]
    for group in optimizer.param_groups:
        assert group["lr"] == 0.2
        assert OWN[name].items() <= group.items()
        assert group.get("fused") is (None if name == "adafactor" else True)


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("adamw", {"momentum": 0.9}),
        ("adam", {"momentum": 0.9}),
        ("sgd", {"betas": (0.8, 0.9)}),
        ("sgd", {"eps": 1e-4}),
        ("adafactor", {"betas": (0.8, 0.9)}),
        ("adafactor", {"eps": 1e-4}),
        ("adafactor", {"momentum": 0.9}),
    ],
)
def test_options_of_other_optimisers_are_refused(name: str, options: dict[str, Any]) -> None:
    (option,) = options
    with pytest.raises(ConfigError, match=rf"^{option} has no effect on .* {name}"):
        Optimisation(optimizer=name, **options)  # type: ignore[arg-type]


def test_adafactor_keeps_far_less_than_adam() -> None:
    def kept(name: str) -> int:
        layer = nn.Linear(200, 100)
        optimizer = Optimisation(optimizer=name).build(layer, 10)["optimizer"]  # type: ignore[arg-type]
        layer(torch.ones(1, 200)).sum().backward()
        optimizer.step()
        states = optimizer.state.values()
        return sum(v.numel() for s in states for v in s.values() if torch.is_tensor(v))

    assert kept("adafactor") < kept("adamw") / 50
