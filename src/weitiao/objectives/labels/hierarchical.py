"""One path of a tree a row: softmax over paths, probabilities of nodes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from weitiao.objectives.base import Metrics
from weitiao.objectives.labels.classification import Classification
from weitiao.targets.hierarchy import PathTarget


class Hierarchical(Classification):
    """Learns one path of a tree a row.

    The paths are classes of one softmax, and the most probable one is said. So what is said is a
    path of the tree, and the probability of a node is the sum of those of all paths through it.
    A classifier for each parent, from the root down, hands its mistakes on (Silla & Freitas 2011),
    and of pictures it was worse at all levels (Valmadre 2022, "Hierarchical classification at
    multiple operating points").
    """

    kind = PathTarget
    target: PathTarget

    # a constant of the class elsewhere; here a row for each level of the card's labels
    @property
    def shown(self) -> tuple[tuple[str, str], ...]:  # type: ignore[override]
        """The metrics of the final table and their titles."""
        levels = range(1, len(self.target.levels) + 1)
        return (
            *super().shown,
            ("f1_hierarchical", "hierarchical F1"),
            *((f"f1_level/{n}", f"macro F1, level {n}") for n in levels),
        )

    def metrics(self, *, ranked: bool = True, joined: bool = True) -> Metrics:
        """Those of paths and of their nodes."""
        from weitiao.objectives.labels.hierarchical_metrics import HierarchicalMetrics

        return HierarchicalMetrics(self.target, ranked=ranked, joined=joined)

    def columns(self, predictions: Any, decided: Any, texts: Sequence[str]) -> dict[str, list[Any]]:
        """``level_1``, …: the path's name there; ``p_level_1``, …: how probable its node is."""
        names = [self.classes[c].split(self.target.separator) for c in decided.tolist()]
        columns: dict[str, list[Any]] = {}
        for n, nodes in enumerate(nodes_of(self.target)):
            same = nodes == nodes[decided][:, None]  # (N, C)
            shares = (predictions * same).sum(1).tolist()
            columns[f"level_{n + 1}"] = [path[n] if n < len(path) else None for path in names]
            columns[f"p_level_{n + 1}"] = [
                share if n < len(path) else None for path, share in zip(names, shares, strict=True)
            ]
        return columns


def nodes_of(target: PathTarget) -> np.ndarray:
    """The number of the node that each path leads through at each level, ``(D, C)``; -1 = none."""
    named = ([node or "" for node in level] for level in target.levels)
    return np.stack([np.unique(names, return_inverse=True)[1] - ("" in names) for names in named])
