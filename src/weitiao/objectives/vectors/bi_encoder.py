"""The base of objectives that give each of two texts its own vector."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F
from torch.utils.checkpoint import checkpoint

from weitiao.card import DataCard
from weitiao.config.bounds import at_least
from weitiao.errors import ConfigError
from weitiao.objectives.base import Batch, Objective
from weitiao.objectives.pooling import PoolingName, build_pooling
from weitiao.objectives.precision import full
from weitiao.objectives.scorer import Encoder

TEMPERATURE = 0.05  # usual, of cosines, which lie close together
FARTHEST = 2.0  # two cosines from each other


def refuse_margin(margin: float, usual: float, *, of: str, kind: str) -> None:
    """See to it that a margin of cosines is one, and is looked at.

    Args:
        usual: what it is unless somebody says otherwise.
        of: the kind of loss that has it.
        kind: the one that is asked for.

    Raises:
        ConfigError: it isn't so.
    """
    if kind != of and margin != usual:
        raise ConfigError(f"goes with kind {of} only", field="margin")
    if not 0 < margin <= FARTHEST:
        problem = f"must be above 0 and at most {FARTHEST:g}, got {margin}"
        raise ConfigError(problem, field="margin")


class BiEncoder(Objective):
    """Learns vectors of texts, whose cosines say something of a pair.

    Args:
        pooling: vectors of all positions ``(B, T, H)`` → one a text ``(B, H)``.
        dimensions: widths below ``H``: the first so many numbers of a vector learn to be a vector
            that is worth something alone (Kusupati et al. 2022, "Matryoshka Representation
            Learning").
        chunk: texts whose inner vectors are in memory at once; the others are computed a second
            time in the backward pass, so that a batch may be as large as its own vectors allow
            (Gao et al. 2021, "Scaling Deep Contrastive Learning Batch Size under Memory Limited
            Setup"). Null = all.

    Raises:
        ConfigError: a row is one sequence, or a width is none.
    """

    def __init__(
        self,
        card: DataCard,
        backbone: Encoder,
        pooling: PoolingName,
        dimensions: Sequence[int],
        chunk: int | None,
    ) -> None:
        super().__init__()
        at_least(1, chunk=chunk)
        if not card.tokens.apart:
            problem = "joined makes one text of a pair, and each is to have a vector"
            raise ConfigError(problem, field="pairs", hint="{--pairs} apart")
        wrong = [d for d in dimensions if not 1 <= d < backbone.width]
        if wrong or len({*dimensions}) < len(dimensions):
            problem = f"must be different widths from 1 to {backbone.width - 1}, got {dimensions}"
            raise ConfigError(problem, field="dimensions")
        self.chunk = chunk
        self.uneven = None if chunk is None else "batches are computed in chunks"
        self.pooling, self.pool = pooling, build_pooling(pooling, backbone.width)
        self.without_tuning = not any(True for _ in self.pool.parameters())
        self.widths = [backbone.width, *sorted(dimensions, reverse=True)]

    def vectors(self, backbone: Encoder, inputs: dict[str, Tensor]) -> Tensor:
        """A vector of length 1 of each text, ``(B, H)``, in 32 bits."""
        rows = len(inputs["attention_mask"])
        if self.chunk is None or rows <= self.chunk or not torch.is_grad_enabled():
            return self._vectors(backbone, inputs)
        parts = (
            {name: values[begin : begin + self.chunk] for name, values in inputs.items()}
            for begin in range(0, rows, self.chunk)
        )
        return torch.cat(
            [checkpoint(self._vectors, backbone, part, use_reentrant=False) for part in parts]
        )

    def _vectors(self, backbone: Encoder, inputs: dict[str, Tensor]) -> Tensor:
        found: Tensor = self.pool(backbone(**inputs), inputs["attention_mask"])
        return F.normalize(full(found), dim=-1)

    def both(self, backbone: Encoder, batch: Batch) -> tuple[Tensor, Tensor]:
        """The vectors of the first and of the second texts, ``(B, H)`` each."""
        return self.vectors(backbone, batch["inputs"]), self.vectors(backbone, batch["pair"])

    @abstractmethod
    def of_vectors(self, first: Tensor, second: Tensor) -> Tensor:
        """Predictions of the vectors of both texts, ``(B, H)`` each."""

    def predict(self, backbone: Encoder, batch: Batch) -> Tensor:
        """Those of a batch."""
        return self.of_vectors(*self.both(backbone, batch))

    def cosines(self, first: Tensor, second: Tensor) -> Tensor:
        """Cosines of pairs of vectors ``(B, H)``, by the first numbers of them: ``(B, W)``."""
        each = [F.cosine_similarity(first[:, :w], second[:, :w]) for w in self.widths]
        return torch.stack(each, -1)

    @property
    def narrow(self) -> Sequence[int]:
        """The widths below ``H``."""
        return self.widths[1:]

    def wrong(self, decided: Any, targets: Any) -> np.ndarray:
        """All of them: a cosine is never quite right."""
        return np.ones(len(decided), bool)

    def value(self, text: str) -> float:
        """The cosine."""
        return float(text)
