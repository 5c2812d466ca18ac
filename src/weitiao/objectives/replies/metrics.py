"""Metrics of replies: perplexity of the right ones, and how often they are generated."""

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor
from torchmetrics import Metric
from torchmetrics.utilities import dim_zero_cat

from weitiao.objectives.replies.said import Answered, Matching, Said

TORN = "\ufffd"  # as tokenizers write bytes that are no character yet
OF_SAID = ("exact_match", "ended")
"""Those of the answers that were asked for."""


class ReplyMetrics(Metric):
    """Keeps the scores of each row.

    Args:
        written: answers, each a list of ids → their texts.
        matching: compares them.
        said: whether any are asked for.
    """

    full_state_update = False
    rows: list[Tensor]

    def __init__(
        self, written: Callable[[Any], list[str]], matching: Matching, *, said: bool
    ) -> None:
        super().__init__()
        self.written, self.matching, self.said = written, matching, said
        self.add_state("rows", [], dist_reduce_fx="cat")  # (B, 5), `scores_of_rows`

    def names(self) -> list[str]:
        """The names of the metrics."""
        return ["perplexity", *(OF_SAID if self.said else ())]

    def update(self, predictions: Sequence[Said], target: Sequence[str]) -> None:
        """Score some rows."""
        decided = texts_of(predictions, self.written)
        found = scores_of_rows(predictions, decided, target, self.matching)
        self.rows.append(found.to(self.device))

    def compute(self) -> dict[str, Tensor]:
        """Each score, a scalar."""
        found = averages(dim_zero_cat(self.rows))
        return {name: found[name] for name in self.names()}


def texts_of(
    predictions: Sequence[Answered], written: Callable[[Any], list[str]]
) -> list[str | None]:
    """The answers as texts; null of rows that were not asked for one.

    Where an answer was cut within a character, the bytes that it has of that are left out.
    """
    asked = iter(written([one.ids for one in predictions if one.ids is not None]))
    found = [None if one.ids is None else next(asked) for one in predictions]
    return [
        text.rstrip(TORN) if text is not None and not one.ended else text
        for one, text in zip(predictions, found, strict=True)
    ]


def scores_of_rows(
    predictions: Sequence[Answered],
    decided: Sequence[str | None],
    targets: Sequence[str],
    matching: Matching,
) -> Tensor:
    """Sum of the losses, over how many ids, whether an answer was asked for, whether it is right,
    whether it ended by itself, ``(N, 5)``."""
    rows = [
        [
            one.loss,
            one.size,
            said is not None,
            said is not None and matching.same(said, right),
            bool(one.ended),
        ]
        for one, said, right in zip(predictions, decided, targets, strict=True)
    ]
    return torch.tensor(rows, dtype=torch.float64).reshape(-1, 5)


def averages(scores: Tensor) -> dict[str, Tensor]:
    """The metrics of `scores_of_rows`, a scalar each; what no row has a part in is NaN."""
    loss, count, asked, right, ended = scores.sum(0)
    return {
        "perplexity": (loss / count).exp().float(),
        "exact_match": (right / asked).float(),
        "ended": (ended / asked).float(),
    }
