"""Keeps targets in 32 bits when a Trainer computes in 16."""

from typing import Any

import lightning.pytorch as L
from lightning.pytorch.plugins.precision import HalfPrecision


class WholeTargets(HalfPrecision):
    """Casts the weights, not what a batch holds: of its numbers only targets are no integers."""

    def convert_input(self, data: Any) -> Any:
        """The batch as it is; Lightning would round a target of 1991 to 1992."""
        return data


def keep_targets(trainer: L.Trainer) -> None:
    """Let a Trainer of 16-bit weights read targets in their own precision."""
    plugin = trainer.precision_plugin
    if type(plugin) is HalfPrecision:
        trainer.strategy.precision_plugin = WholeTargets(plugin.precision)
