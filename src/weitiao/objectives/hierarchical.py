"""One path of a tree a row: softmax over paths, F1 by level, hierarchical F1."""

from typing import Any

import numpy as np
import torch
from torch import Tensor

from weitiao.objectives.classification import Classification
from weitiao.objectives.multiclass_metrics import MulticlassMetrics
from weitiao.targets.hierarchy import PathTarget


class HierarchicalMetrics(MulticlassMetrics):
    """Those of paths as classes, and those of all nodes that paths lead through.

    ``precision_hierarchical``, ``recall_hierarchical`` and ``f1_hierarchical`` count each node of
    the found and the true path, root excluded, so that a near miss costs less (Kiritchenko et al.
    2006, "Learning and evaluation in the presence of class hierarchies"); ``f1_level/1``, … are
    macro F1 of the nodes of a level, of those that occur.
    """

    nodes: Tensor

    def __init__(self, target: PathTarget, *, ranked: bool = True, joined: bool = True) -> None:
        super().__init__(target.labels, ranked=ranked, joined=joined)
        self.register_buffer("nodes", torch.from_numpy(nodes_of(target)), persistent=False)

    def names(self) -> list[str]:
        """The names of the metrics."""
        levels = (f"f1_level/{n}" for n in range(1, len(self.nodes) + 1))
        return [*super().names(), *levels, *_OF_NODES]

    def compute(self) -> dict[str, Tensor]:
        """Each metric, a scalar."""
        counts = self.confusion.compute()
        true, found = counts.nonzero(as_tuple=True)
        rows, scores, totals = counts[true, found].double(), {}, counts.new_zeros(3).double()
        for number, level in enumerate(self.nodes, 1):
            a, b = level[true], level[found]
            sums = rows.new_zeros(3, int(level.max()) + 1)
            for place, (node, which) in enumerate(((a, a == b), (b, True), (a, True))):
                there = (node >= 0) & which
                sums[place].index_add_(0, node[there], rows[there])
            totals += sums.sum(1)
            hits, said, are = sums
            occurring = said + are > 0
            scores[f"f1_level/{number}"] = (2 * hits / (said + are))[occurring].mean().float()
        hits, said, are = totals
        parts = hits / said, hits / are, 2 * hits / (said + are)
        named = zip(_OF_NODES, (part.float() for part in parts), strict=True)
        return super().compute() | scores | dict(named)


_OF_NODES = ("precision_hierarchical", "recall_hierarchical", "f1_hierarchical")


def nodes_of(target: PathTarget) -> np.ndarray:
    """The number of the node that each path leads through at each level, ``(D, C)``; -1 = none."""
    named = ([node or "" for node in level] for level in target.levels)
    return np.stack([np.unique(names, return_inverse=True)[1] - ("" in names) for names in named])


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

    def metrics(self, *, ranked: bool = True, joined: bool = True) -> MulticlassMetrics:
        """Those of paths and of their nodes."""
        return HierarchicalMetrics(self.target, ranked=ranked, joined=joined)

    def columns(self, predictions: Any, decided: Any) -> dict[str, list[Any]]:
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
