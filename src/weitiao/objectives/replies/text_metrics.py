"""Metrics of written texts, over all rows of a split together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor
from torchmetrics import Metric
from torchmetrics.utilities import dim_zero_cat

from weitiao.objectives.replies.metrics import texts_of
from weitiao.objectives.replies.said import Said

Score = Callable[[Sequence[str], Sequence[str]], dict[str, float]]
"""What is written and what is right of some rows → metrics."""


class TextMetrics(Metric):
    """Keeps what is written and what is right, as bytes, so that processes can exchange them.

    Args:
        written: lists of ids → their texts.
        score: compares texts.
        names: of the metrics that it gives.
    """

    full_state_update = False
    characters: list[Tensor]
    sizes: list[Tensor]
    losses: list[Tensor]

    def __init__(
        self, written: Callable[[Any], list[str]], score: Score, names: Sequence[str]
    ) -> None:
        super().__init__()
        self.written, self.score, self._names = written, score, [*names]
        self.add_state("characters", [], dist_reduce_fx="cat")  # (bytes,), of all texts
        self.add_state("sizes", [], dist_reduce_fx="cat")  # (2 × asked,): bytes of each
        self.add_state("losses", [], dist_reduce_fx="cat")  # (B, 4), `losses_of`

    def names(self) -> list[str]:
        """The names of the metrics."""
        return self._names

    def update(self, predictions: Sequence[Said], target: Sequence[str]) -> None:
        """Take in some rows."""
        decided = texts_of(predictions, self.written)
        texts = [
            text.encode()
            for said, right in zip(decided, target, strict=True)
            if said is not None
            for text in (said, right)
        ]
        joined = bytearray(b"".join(texts))
        self.characters.append(
            torch.frombuffer(joined, dtype=torch.uint8).to(self.device)
            if joined
            else torch.zeros(0, dtype=torch.uint8, device=self.device)
        )
        self.sizes.append(torch.tensor([*map(len, texts)], dtype=torch.long, device=self.device))
        self.losses.append(losses_of(predictions).to(self.device))

    def compute(self) -> dict[str, Tensor]:
        """Each score, a scalar."""
        characters = dim_zero_cat(self.characters).cpu().numpy().tobytes()
        places = [0, *dim_zero_cat(self.sizes).cumsum(0).tolist()]
        texts = [characters[a:b].decode() for a, b in pairwise(places)]
        found = of_losses(dim_zero_cat(self.losses)) | self.score(texts[::2], texts[1::2])
        return {name: torch.as_tensor(found[name], dtype=torch.float32) for name in self._names}


def measured(
    predictions: Sequence[Said] | None,
    decided: Sequence[str | None],
    targets: Sequence[str],
    score: Score,
    names: Sequence[str],
) -> dict[str, Tensor]:
    """The metrics of some rows, as of `TextMetrics`, a scalar each.

    Args:
        predictions: null = only texts are known, and how like the right ones they are.
        decided: the texts; null of rows that were not asked for.
        names: of the metrics that are wanted, as far as they are known.
    """
    pairs = [(a, b) for a, b in zip(decided, targets, strict=True) if a is not None]
    found = score([a for a, _ in pairs], [b for _, b in pairs])
    if predictions is not None:
        found = of_losses(losses_of(predictions)) | found
    return {name: torch.tensor(found[name]) for name in names if name in found}


def losses_of(predictions: Sequence[Said]) -> Tensor:
    """Sum of the losses, over how many ids, whether a row was asked for, and ended, ``(B, 4)``."""
    rows = [[one.loss, one.size, one.ids is not None, bool(one.ended)] for one in predictions]
    return torch.tensor(rows, dtype=torch.float32).reshape(-1, 4)


def of_losses(losses: Tensor) -> dict[str, float]:
    """Perplexity, and the share that ended by itself, of `losses_of`."""
    total, count, asked, ended = losses.double().sum(0).tolist()
    return {
        "perplexity": float(torch.tensor(total / count).exp()) if count else float("nan"),
        "ended": ended / asked if asked else float("nan"),
    }
