"""What is learned of answers against how likely they were when the training began."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any, ClassVar, cast

import torch
from torch import Tensor, nn

from weitiao.card import DataCard
from weitiao.errors import ConfigError
from weitiao.objectives.base import Batch, Evaluation, Loss
from weitiao.objectives.preferences.likelihood import Likelihoods, likelihoods
from weitiao.objectives.replies.replying import Replying, Speaker
from weitiao.objectives.scorer import Encoder


class Referring(Replying):
    """Learns of two answers to each row, whose batches hold all first ones, then all others.

    Args:
        beta: how dear it is to move away from the model that the training began with.
    """

    recipe = "preferences"
    of_first: ClassVar[bool] = False
    """Whether the loss has a gradient of first answers only."""
    remembers = True

    def __init__(
        self,
        card: DataCard,
        backbone: Encoder,
        beta: float,
        sample: int | None,
        longest: int,
        extract: str | None = None,
    ) -> None:
        super().__init__(card, backbone, sample, longest, extract)
        if not beta > 0:
            raise ConfigError(f"must be above 0, got {beta}", field="beta")
        self.beta = beta
        self._before: list[nn.Module] = []  # in a list it is no module of this, nor in a checkpoint

    @abstractmethod
    def loss(self, backbone: Encoder, batch: Batch) -> Loss:
        """What training minimises."""

    @abstractmethod
    def evaluate(self, backbone: Encoder, batch: Batch) -> Evaluation:
        """What is said, and how the answers of the file are valued."""

    def remembered(self, backbone: Encoder, batch: Batch) -> dict[str, Tensor]:
        """``reference (B, 2)``: how likely both answers are before the training."""
        with torch.no_grad():
            return {"reference": self.likelihoods(backbone, batch).sums}

    def compare_with(self, before: nn.Module) -> None:
        """Take the backbone that the training began with, for rows that bring no reference."""
        self._before = [before.requires_grad_(False)]

    def likelihoods(self, backbone: Encoder, batch: Batch) -> Likelihoods:
        """How likely the model finds both answers."""
        speaker = cast(Speaker, backbone)
        return likelihoods(speaker, batch, self.vocabulary, of_first=self.of_first)

    def gains(self, found: Likelihoods, batch: Batch) -> Tensor:
        """How much likelier answers have become, ``(B, 2)``; NaN where it isn't known."""
        if "reference" in batch:
            return found.sums - batch["reference"].to(found.sums)
        if not self._before:
            return found.sums * torch.nan
        (before,) = self._before
        before.to(found.sums.device)
        return found.sums - self.remembered(cast(Encoder, before), batch)["reference"]

    def predict(self, backbone: Encoder, batch: Batch) -> list[Any]:
        """What is said of each row."""
        return super().predict(backbone, first_half(batch))


def first_half(batch: Batch) -> Batch:
    """The batch with the sequences of first answers alone."""
    rows = len(batch["row"])
    inputs = {name: values[:rows] for name, values in batch["inputs"].items()}
    return {**batch, "inputs": inputs, "learned": batch["learned"][:rows]}
