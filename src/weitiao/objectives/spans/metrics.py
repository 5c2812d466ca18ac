"""Metrics of spans: strict, by type, of edges alone, and by overlap."""

from collections.abc import Iterable, Sequence

import numpy as np
import torch
from torch import Tensor
from torchmetrics import Metric

from weitiao.objectives.spans.sure import Found
from weitiao.objectives.spans.tags import Span

SPAN_METRICS = (
    *("f1", "precision", "recall", "f1_macro"),
    *("f1_edges", "f1_partial", "exact_match"),
)


class SpanMetrics(Metric):
    """Counts of spans, added up over rows and processes.

    A span is found where begin, end and type are right, which is seqeval's strict IOB2 (Nakayama
    2018) and CoNLL's F1, over all spans together: ``f1``. ``f1_macro`` is the mean over types that
    occur. ``f1_edges`` looks at begin and end only; ``f1_partial`` counts a span for as much of it
    as one of its type on the other side covers.
    ``exact_match`` is the share of rows whose spans are all right.

    Args:
        types: names of the types.
        joined: over the rows of all processes; otherwise over those of this one.
    """

    full_state_update = False
    counts: Tensor
    others: Tensor

    def __init__(self, types: Sequence[str], *, joined: bool = True) -> None:
        super().__init__(sync_on_compute=joined)
        self.types = [*types]
        zeros = torch.zeros(len(types), 3, dtype=torch.float64)
        self.add_state("counts", zeros, dist_reduce_fx="sum")  # (C, 3): right, found, true
        # edges that are right; shares of found spans and of true ones; rows that are right; rows
        self.add_state("others", torch.zeros(5, dtype=torch.float64), dist_reduce_fx="sum")

    def names(self) -> list[str]:
        """The names of the metrics."""
        return [*SPAN_METRICS, *(f"f1_class/{kind}" for kind in self.types)]

    def update(self, predictions: Sequence[Found], target: Sequence[Sequence[Span]]) -> None:
        """Count the spans of some rows."""
        said = [found.spans for found in predictions]
        counts = counted(said, target, len(self.types))
        self.counts += torch.from_numpy(np.stack(counts, 1)).to(self.counts)
        others = np.zeros(5)
        for found, true in zip(said, target, strict=True):
            edges = {span[:2] for span in found} & {span[:2] for span in true}
            covered = _covered(found, true), _covered(true, found)
            others += (len(edges), *covered, set(found) == set(true), 1)
        self.others += torch.from_numpy(others).to(self.others)

    def compute(self) -> dict[str, Tensor]:
        """Each score, a scalar; F1 of each type under ``f1_class/TYPE``."""
        right, found, true = self.counts.T
        edges, of_found, of_true, rows_right, rows = self.others
        per_type = _f1(right, found, true)
        occur = true > 0
        sums = found.sum(), true.sum()
        values = {
            "f1": _f1(right.sum(), *sums),
            "precision": right.sum() / sums[0].clamp(min=1),
            "recall": right.sum() / sums[1].clamp(min=1),
            "f1_macro": per_type[occur].mean() if occur.any() else per_type.new_zeros(()),
            "f1_edges": _f1(edges, *sums),
            "f1_partial": _f1((of_found + of_true) / 2, *sums),
            "exact_match": rows_right / rows,
        }
        named = {f"f1_class/{kind}": f1 for kind, f1 in zip(self.types, per_type, strict=True)}
        return {name: value.float() for name, value in (values | named).items()}


def _f1(right: Tensor, found: Tensor, true: Tensor) -> Tensor:
    return 2 * right / (found + true).clamp(min=1)


def counted(
    predictions: Iterable[Iterable[Span]], target: Iterable[Iterable[Span]], types: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Spans of each type that are right, that were found and that are true, ``(C,)`` each."""
    right, found, true = (np.zeros(types) for _ in range(3))
    for said, spans in zip(predictions, target, strict=True):
        kept = {*spans}
        for span in {*said}:
            found[span[2]] += 1
            right[span[2]] += span in kept
        for span in kept:
            true[span[2]] += 1
    return right, found, true


def _covered(spans: Iterable[Span], others: Iterable[Span]) -> float:
    """How much of each span the best one of its type covers, in sum."""
    found = [*others]
    return sum(
        max(
            (
                (min(end, e) - max(begin, b)) / (end - begin)
                for b, e, k in found
                if k == kind and b < end and e > begin
            ),
            default=0.0,
        )
        for begin, end, kind in {*spans}
    )
