"""Optimiser and learning-rate schedule."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Literal

from torch import nn
from torch.optim import AdamW, Optimizer
from torch.optim.lr_scheduler import LambdaLR

from weitiao.errors import ConfigError


@dataclass(frozen=True)
class Optimisation:
    """AdamW (Loshchilov & Hutter 2019) with warm-up and decay.

    Args:
        lr: highest learning rate.
        weight_decay: decoupled decay; biases and norms are left out.
        warmup: share of all steps in which the rate rises from 0.
        schedule: what follows the warm-up.
        betas: decay of AdamW's two running means.
        eps: added to AdamW's denominator.
    """

    lr: float = 5e-4
    weight_decay: float = 0.01
    warmup: float = 0.1
    schedule: Literal["constant", "linear", "cosine"] = "linear"
    betas: tuple[float, float] = (0.9, 0.999)
    eps: float = 1e-8

    def __post_init__(self) -> None:
        if not 0 <= self.warmup <= 1:
            raise ConfigError(f"model.optim.warmup is a share of the steps, got {self.warmup}")

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
            module: whose trainable parameters are optimised.
            steps: optimiser steps of the whole training.
            own_rates: highest rates of parameters whose names begin so; those have no decay.
            fused: one kernel for the whole step.
        """
        optimizer = AdamW(
            self._groups(module.named_parameters(), own_rates),
            lr=self.lr,
            betas=self.betas,
            eps=self.eps,
            fused=fused,
        )
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
