"""Optimiser and learning-rate schedule."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from types import MappingProxyType
from typing import Any, Literal

from torch import nn
from torch.optim import SGD, Adafactor, Adam, AdamW, Optimizer
from torch.optim.lr_scheduler import LambdaLR

from weitiao.config.bounds import at_least, shares
from weitiao.errors import ConfigError

OptimizerName = Literal["adamw", "adam", "sgd", "adafactor"]
USES = {"adamw": ("betas", "eps"), "adam": ("betas", "eps"), "sgd": ("momentum",), "adafactor": ()}
"""The options that only some optimisers have."""


@dataclass(frozen=True)
class Optimisation:
    """An optimiser with warm-up and decay of its learning rate.

    Args:
        optimizer: ``adamw`` (Loshchilov & Hutter 2019), ``adam`` (Kingma & Ba 2015), ``sgd``, or
            ``adafactor`` (Shazeer & Stern 2018), which keeps a row and a column per matrix where
            Adam keeps two matrices, and takes ``lr`` relative to the size of the weights.
        lr: highest learning rate.
        weight_decay: of matrices, not of biases and norms; decoupled from the gradient in ``adamw``
            and ``adafactor``, a part of it in ``adam`` and ``sgd``.
        warmup: share of all steps in which the rate rises from 0.
        schedule: what follows the warm-up.
        momentum: of ``sgd``: share of the last step that is added to the next.
        betas: of ``adam`` and ``adamw``: decay of the two running means.
        eps: of ``adam`` and ``adamw``: added to the denominator.

    Raises:
        ConfigError: a value is out of bounds, or has no effect on the optimiser.
    """

    optimizer: OptimizerName = "adamw"
    lr: float = 5e-4
    weight_decay: float = 0.01
    warmup: float = 0.1
    schedule: Literal["constant", "linear", "cosine"] = "linear"
    momentum: float = 0.0
    betas: tuple[float, float] = (0.9, 0.999)
    eps: float = 1e-8

    def __post_init__(self) -> None:
        if not 0 <= self.warmup <= 1:
            raise ConfigError(f"is a share of the steps, got {self.warmup}", field="warmup")
        at_least(0, lr=self.lr, weight_decay=self.weight_decay, eps=self.eps)
        for beta in self.betas:
            shares(betas=beta)
        shares(momentum=self.momentum)
        for field in fields(self):
            of_some = any(field.name in names for names in USES.values())
            unused = of_some and field.name not in USES[self.optimizer]
            if unused and getattr(self, field.name) != field.default:
                problem = f"has no effect on the optimizer {self.optimizer}"
                raise ConfigError(problem, field=field.name)

    def build(
        self,
        module: nn.Module,
        steps: int,
        own_rates: Mapping[str, float] = MappingProxyType({}),
        *,
        fused: bool = True,
    ) -> dict[str, Any]:
        """Optimiser and per-step schedule in the form Lightning takes.

        Args:
            steps: optimiser steps of the whole training.
            own_rates: highest rates of parameters whose names begin so; those have no decay.
            fused: one kernel for the whole step, where the optimiser has one.
        """
        kind = {"adamw": AdamW, "adam": Adam, "sgd": SGD, "adafactor": Adafactor}[self.optimizer]
        options = {name: getattr(self, name) for name in USES[self.optimizer]}
        if self.optimizer != "adafactor":
            options["fused"] = fused
        groups = self._groups(module.named_parameters(), own_rates)
        optimizer = kind(groups, lr=self.lr, **options)
        return {
            "optimizer": optimizer,
            "lr_scheduler": {"scheduler": self.schedule_of(optimizer, steps), "interval": "step"},
        }

    def _groups(
        self, parameters: Iterable[tuple[str, nn.Parameter]], own_rates: Mapping[str, float]
    ) -> list[dict[str, Any]]:
        groups: dict[tuple[float, float], list[nn.Parameter]] = {}
        for name, parameter in parameters:
            if not parameter.requires_grad:
                continue
            own = next((rate for start, rate in own_rates.items() if name.startswith(start)), None)
            # matrices decay; biases, norms and what has a rate of its own don't
            decay = self.weight_decay if own is None and parameter.ndim > 1 else 0.0
            groups.setdefault((self.lr if own is None else own, decay), []).append(parameter)
        return [
            {"params": group, "lr": lr, "weight_decay": decay}
            for (lr, decay), group in groups.items()
        ]

    def schedule_of(self, optimizer: Optimizer, steps: int) -> LambdaLR:
        """Factor of ``lr`` per step: a linear rise, then constant, linear or cosine to 0."""
        warmup = round(self.warmup * steps)

        def factor(step: int) -> float:
            if step < warmup:
                return (step + 1) / (warmup + 1)
            done = min(1.0, (step - warmup) / max(1, steps - warmup))
            if self.schedule == "linear":
                return 1 - done
            if self.schedule == "cosine":
                return 0.5 * (1 + math.cos(math.pi * done))
            return 1.0

        return LambdaLR(optimizer, factor)
