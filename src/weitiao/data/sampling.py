"""Which rows an epoch draws: each as often, or each class as often."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from weitiao.errors import ConfigError
from weitiao.targets import Target

Sampling = Literal["all", "balanced"]


@dataclass(frozen=True)
class Slots:
    """An epoch's draws. Slot ``i`` takes a row from a narrow range of an order of all rows.

    So an epoch's lengths are known before its rows are: the batches of every epoch have the same
    bounds, whatever is drawn.

    Args:
        order: ``(N,)`` rows, those that may stand for each other side by side.
        begin: ``(S,)`` where a slot's range in the order begins.
        width: ``(S,)`` how wide it is.
        last: ``(S,)`` the last place in the order that it may take.
    """

    order: np.ndarray
    begin: np.ndarray
    width: np.ndarray
    last: np.ndarray

    @classmethod
    def each_row(cls, rows: int, times: int = 1) -> Slots:
        """Every row, the same number of times; slot ``i`` is row ``i // times``."""
        places = np.repeat(np.arange(rows), times)
        return cls(np.arange(rows), places, np.zeros(len(places)), places)

    @classmethod
    def each_class(cls, lengths: np.ndarray, classes: np.ndarray, times: int = 1) -> Slots:
        """As many draws, the same number of each class (±1).

        Within a class the rows stand in rising length and every slot has an equal stretch of them:
        rows of a small class come several times, of a large class one out of near neighbours.

        Args:
            lengths: ``(N,)`` ids per row.
            classes: ``(N,)`` class of each row.
            times: draws per row, on average.
        """
        _, counts = np.unique(classes, return_counts=True)
        edges = np.arange(len(counts) + 1) * (len(lengths) * times) // max(len(counts), 1)
        shares = np.diff(edges)
        within = np.arange(edges[-1]) - np.repeat(edges[:-1], shares)
        count, share = np.repeat(counts, shares), np.repeat(shares, shares)
        start = np.repeat(np.cumsum(counts) - counts, shares)
        return cls(
            np.lexsort((lengths, classes)),
            start + within * count / share,
            count / share,
            start - (-(within + 1) * count // share) - 1,
        )

    def longest(self, lengths: np.ndarray) -> np.ndarray:
        """``(S,)`` length of the longest row that each slot may take."""
        return lengths[self.order[self.last]]

    def draw(self, random: np.random.Generator) -> np.ndarray:
        """``(S,)`` the row that each slot takes."""
        places = self.begin + random.random(len(self.begin)) * self.width
        return self.order[np.minimum(places.astype(np.int64), self.last)]


def refuse_without_classes(sampling: Sampling, target: Target) -> None:
    """See to it that there are classes to draw equally often.

    Raises:
        ConfigError: rows are not of one class each.
    """
    if sampling == "balanced" and not target.one_class:
        kind = type(target).__name__
        raise ConfigError(f"balanced needs rows of one class each, not {kind}", field="sampling")


def draw_slots(
    sampling: Sampling, lengths: np.ndarray, targets: np.ndarray | None, times: int
) -> Slots:
    """The draws of an epoch of training.

    Args:
        sampling: each row or each class as often.
        lengths: ``(N,)`` ids per row.
        targets: ``(N,)`` class of each row, where classes are drawn as often.
        times: draws per row.
    """
    if sampling == "all":
        return Slots.each_row(len(lengths), times)
    return Slots.each_class(lengths, np.asarray(targets), times)
