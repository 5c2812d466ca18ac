"""Heads: one vector per row to logits, ``(B, H) → (B, C)``."""

from dataclasses import dataclass
from typing import Literal

from torch import nn

from weitiao.config.bounds import shares
from weitiao.errors import ConfigError

ACTIVATIONS = {"sigmoid": nn.Sigmoid, "tanh": nn.Tanh, "relu": nn.ReLU, "gelu": nn.GELU}


@dataclass(frozen=True)
class Head:
    """The classifier on top of the pooled vector.

    Args:
        kind: ``linear``, or ``mlp``: one hidden layer of width ``H`` before it.
        activation: of the hidden layer; BERT's own head is ``mlp`` with ``tanh``.
        dropout: share of the input of the last layer dropped in training.
        start: ``random``, or ``probe``: a linear head begins as the linear model that fits the
            training rows' vectors best before anything is trained (Kumar et al. 2022).
    """

    kind: Literal["linear", "mlp"] = "linear"
    activation: Literal["sigmoid", "tanh", "relu", "gelu"] = "tanh"
    dropout: float = 0.1
    start: Literal["random", "probe"] = "random"

    def __post_init__(self) -> None:
        shares(dropout=self.dropout)
        if self.kind == "linear" and self.activation != "tanh":
            raise ConfigError("has no effect with kind: linear", field="activation")
        if self.kind == "mlp" and self.start == "probe":
            raise ConfigError(
                ": probe solves a linear head only", field="start", hint="{--kind} linear"
            )

    def build(self, width: int, classes: int) -> nn.Sequential:
        """The layers for ``(B, width) → (B, classes)``."""
        hidden = (
            [nn.Linear(width, width), ACTIVATIONS[self.activation]()] if self.kind == "mlp" else []
        )
        return nn.Sequential(*hidden, nn.Dropout(self.dropout), nn.Linear(width, classes))
