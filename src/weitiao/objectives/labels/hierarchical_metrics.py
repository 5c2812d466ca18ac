"""Metrics of one path of a tree per row: F1 by level, hierarchical F1."""

import torch
from torch import Tensor

from weitiao.objectives.labels.hierarchical import nodes_of
from weitiao.objectives.labels.multiclass_metrics import MulticlassMetrics
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
