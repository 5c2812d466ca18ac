"""Pictures of an evaluation: the confusion of classes, found values against true ones."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from matplotlib.figure import Figure

CJK_FONTS = ("Noto Sans CJK SC", "Noto Sans CJK JP", "Microsoft YaHei", "PingFang SC", "SimHei")


def cjk_fonts() -> list[str]:
    """The installed ones of the fonts that draw Chinese."""
    from matplotlib import font_manager

    installed = {font.name for font in font_manager.fontManager.ttflist}
    return [font for font in CJK_FONTS if font in installed]


def confusion_figure(found: np.ndarray, targets: np.ndarray, labels: Sequence[str]) -> Figure:
    """The confusion matrix of classes ``(N,)``; colour is the share of the true class."""
    from matplotlib.figure import Figure

    counts = np.zeros((len(labels), len(labels)), np.int64)
    np.add.at(counts, (targets, found), 1)
    size = max(4.0, 1.5 + 0.5 * len(labels))
    figure = Figure(figsize=(size, size), layout="constrained")
    axes = figure.subplots()
    shares = counts / np.maximum(counts.sum(1, keepdims=True), 1)
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    fonts = cjk_fonts()
    names = [f"{i} {label}" for i, label in enumerate(labels)]
    if not fonts:  # what can't be drawn is left out; the number of the class still tells
        names = [name.encode("ascii", "ignore").decode() for name in names]
    family = [*fonts, "DejaVu Sans"]  # named here, since it is drawn after this function's end
    axes.set_xticks(range(len(labels)), names, rotation=90, family=family)
    axes.set_yticks(range(len(labels)), names, family=family)
    axes.set_xlabel("predicted")
    axes.set_ylabel("true")
    if len(labels) <= 20:
        for i, j in np.ndindex(*counts.shape):
            colour = "white" if shares[i, j] > 0.5 else "black"
            axes.text(j, i, f"{counts[i, j]:,}", ha="center", va="center", color=colour)
    return figure


def scatter_figure(found: np.ndarray, targets: np.ndarray) -> Figure:
    """Found values against true ones, ``(N,)`` both, with the line on which they are equal."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(5, 5), layout="constrained")
    axes = figure.subplots()
    axes.scatter(targets, found, s=6, alpha=0.4, linewidths=0)
    ends = [min(found.min(), targets.min()), max(found.max(), targets.max())]
    axes.plot(ends, ends, color="0.5", linewidth=1, zorder=0)
    axes.set_aspect("equal")  # a timid model is seen to be flat
    axes.set_xlabel("true")
    axes.set_ylabel("predicted")
    return figure
