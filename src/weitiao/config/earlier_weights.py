"""Names that weights had before objectives were parts of their own."""

from __future__ import annotations

from typing import Any

_NOW = {
    "pool.": "objective.scorer.pool.",
    "head.": "objective.scorer.head.",
    "wide.": "objective.scorer.wide.",
    "linear.": "objective.scorer.linear.",
    "blend.": "objective.scorer.blend.",
    "loss.": "objective.criterion.",
    "decide.": "objective.thresholds.",
}
"""Begin of a weight's earlier name → of the one it has today."""


def rename_weights(checkpoint: dict[str, Any]) -> None:
    """Give the weights of a checkpoint, and those that are averaged, their names of today."""
    for part in ("state_dict", "current_model_state"):
        if part in checkpoint:
            checkpoint[part] = {_now(name): value for name, value in checkpoint[part].items()}


def _now(name: str) -> str:
    begin, dot, rest = name.partition(".")
    return _NOW.get(begin + dot, begin + dot) + rest
