"""Pictures of an evaluation: the confusion of classes, found values against true ones."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from matplotlib.figure import Figure
else:  # the parser executes such a block of a module whose classes it takes apart
    Figure = Any

DRAWN = 20  # classes; each takes its part of the picture's side
LONGEST = 24  # characters of a label
POINTS = 10_000  # of a scatter
CJK_FONTS = ("Noto Sans CJK SC", "Noto Sans CJK JP", "Microsoft YaHei", "PingFang SC", "SimHei")


def cjk_fonts() -> list[str]:
    """The installed ones of the fonts that draw Chinese."""
    from matplotlib import font_manager

    installed = {font.name for font in font_manager.fontManager.ttflist}
    return [font for font in CJK_FONTS if font in installed]


def confusion_figure(found: np.ndarray, targets: np.ndarray, labels: Sequence[str]) -> Figure:
    """The confusion of classes ``(N,)``; colour is the share of the true class.

    Of more than `DRAWN` classes, those that are confused most often: the side is bounded.
    """
    from matplotlib.figure import Figure

    shown = most_confused(found, targets, len(labels))
    place = np.full(len(labels), -1)
    place[shown] = np.arange(len(shown))
    drawn = (place[found] >= 0) & (place[targets] >= 0)
    counts = np.zeros((len(shown), len(shown)), np.int64)
    np.add.at(counts, (place[targets[drawn]], place[found[drawn]]), 1)
    rows = np.bincount(targets, minlength=len(labels))[shown]
    shares = counts / np.maximum(rows[:, None], 1)
    size = max(4.0, 1.5 + 0.5 * len(shown))
    figure = Figure(figsize=(size, size), layout="constrained")
    axes = figure.subplots()
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    fonts = cjk_fonts()
    names = [f"{i} {_short(labels[i])}" for i in shown]
    if not fonts:  # what can't be drawn is left out; the number of the class still tells
        names = [name.encode("ascii", "ignore").decode() for name in names]
    family = [*fonts, "DejaVu Sans"]  # named here, since it is drawn after this function's end
    axes.set_xticks(range(len(shown)), names, rotation=90, family=family, parse_math=False)
    axes.set_yticks(range(len(shown)), names, family=family, parse_math=False)
    axes.set_xlabel("predicted")
    axes.set_ylabel("true")
    if len(shown) < len(labels):
        axes.set_title(f"the most confused {len(shown)} of {len(labels):,} classes")
    for i, j in np.ndindex(*counts.shape):
        colour = "white" if shares[i, j] > 0.5 else "black"
        axes.text(j, i, f"{counts[i, j]:,}", ha="center", va="center", color=colour)
    return figure


def most_confused(found: np.ndarray, targets: np.ndarray, classes: int) -> np.ndarray:
    """Up to `DRAWN` classes in their order, those with most rows wrongly in or out; ``(≤ 20,)``."""
    wrong = found != targets
    mistakes = sum(np.bincount(of[wrong], minlength=classes) for of in (found, targets))
    return np.sort(np.argsort(-mistakes, kind="stable")[:DRAWN])


def _short(label: str) -> str:
    return label if len(label) <= LONGEST else f"{label[: LONGEST - 1]}…"


def scatter_figure(found: np.ndarray, targets: np.ndarray) -> Figure:
    """Found values against true ones, ``(N,)`` both, with the line on which they are equal.

    Of many rows it shows some at equal distances.
    """
    from matplotlib.figure import Figure

    step = -(-len(found) // POINTS)
    found, targets = found[::step], targets[::step]

    figure = Figure(figsize=(5, 5), layout="constrained")
    axes = figure.subplots()
    axes.scatter(targets, found, s=6, alpha=0.4, linewidths=0)
    ends = [min(found.min(), targets.min()), max(found.max(), targets.max())]
    axes.plot(ends, ends, color="0.5", linewidth=1, zorder=0)
    axes.set_aspect("equal")  # a timid model is seen to be flat
    axes.set_xlabel("true")
    axes.set_ylabel("predicted")
    return figure
