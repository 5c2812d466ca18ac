"""Metrics of spans by hand."""

import pytest

from weitiao.objectives.spans.metrics import SpanMetrics
from weitiao.objectives.spans.sure import Found
from weitiao.objectives.spans.tags import Span

TYPES = ["LOC", "PER"]
LOC, PER = 0, 1


def measured(found: list[list[Span]], true: list[list[Span]]) -> dict[str, float]:
    metrics = SpanMetrics(TYPES, joined=False)
    for said, spans in zip(found, true, strict=True):  # a batch each
        metrics.update([Found(said, [1.0] * len(said))], [spans])
    assert sorted(metrics.names()) == sorted(metrics.compute())
    return {name: float(value) for name, value in metrics.compute().items()}


@pytest.mark.parametrize(
    ("found", "true", "f1", "edges", "partial"),
    [
        ([(0, 2, PER)], [(0, 2, PER)], 1, 1, 1),
        ([(0, 2, LOC)], [(0, 2, PER)], 0, 1, 0),  # another type
        ([(0, 1, PER)], [(0, 2, PER)], 0, 0, (1 + 0.5) / 2),  # too short
        ([(0, 4, PER)], [(0, 2, PER)], 0, 0, (0.5 + 1) / 2),  # too long
        ([(2, 4, PER)], [(0, 2, PER)], 0, 0, 0),  # beside it
        ([], [(0, 2, PER)], 0, 0, 0),
        ([(0, 2, PER)], [], 0, 0, 0),
        ([], [], 0, 0, 0),
        ([(0, 2, PER), (0, 2, PER)], [(0, 2, PER)], 1, 1, 1),  # said twice
        ([(0, 2, PER), (3, 4, LOC)], [(0, 2, PER), (3, 4, PER)], 0.5, 1, 0.5),
        ([(0, 1, PER), (1, 2, PER)], [(0, 2, PER)], 0, 0, (2 + 0.5) / 3),  # in two
        ([(0, 4, PER)], [(0, 2, PER), (2, 4, PER)], 0, 0, (0.5 + 2) / 3),  # two in one
        ([(0, 4, PER)], [(0, 4, PER), (1, 2, LOC)], 2 / 3, 2 / 3, 2 / 3),  # a nested one is missed
        ([(1, 2, PER)], [(0, 2, PER)], 0, 0, (1 + 0.5) / 2),  # begins late
        ([(1, 3, PER)], [(0, 2, PER)], 0, 0, 0.5),  # shifted
        ([(0, 2, PER)], [(0, 2, PER), (2, 4, PER)], 2 / 3, 2 / 3, 2 / 3),  # one of two neighbours
        ([(0, 2, PER), (2, 4, PER)], [(0, 2, PER), (2, 4, PER)], 1, 1, 1),  # neighbours of a type
        ([(0, 2, PER), (2, 4, LOC)], [(0, 2, LOC), (2, 4, PER)], 0, 1, 0),  # types swapped
        ([(0, 2, PER), (2, 4, LOC)], [(0, 4, PER)], 0, 0, (1 + 0.5) / 3),  # half of another type
        ([(0, 3, PER)], [(0, 1, PER), (2, 3, PER)], 0, 0, (1 / 3 + 2) / 3),  # joins what is apart
        ([(0, 1, PER), (2, 3, PER)], [(0, 3, PER)], 0, 0, (2 + 1 / 3) / 3),  # tears it apart
        ([(2, 3, LOC)], [(0, 5, PER), (2, 3, LOC)], 2 / 3, 2 / 3, 2 / 3),  # the inner one
        ([(0, 5, LOC), (2, 3, LOC)], [(2, 3, LOC)], 2 / 3, 2 / 3, (1.2 + 1) / 3),  # one around it
        ([(0, 2, PER), (0, 2, LOC)], [(0, 2, PER)], 2 / 3, 2 / 3, 2 / 3),  # both types
        ([(0, 2, PER)], [(0, 2, PER), (0, 2, LOC)], 2 / 3, 2 / 3, 2 / 3),  # two types are true
        ([(0, 1, LOC)], [(9, 10, LOC)], 0, 0, 0),  # elsewhere
        ([(0, 10, LOC)], [(9, 10, LOC)], 0, 0, (0.1 + 1) / 2),  # the whole row
        ([(0, 1, LOC), (1, 2, LOC), (2, 3, LOC)], [(1, 2, LOC)], 0.5, 0.5, 0.5),  # everything
        ([(2, 4, PER), (0, 2, LOC)], [(0, 2, LOC), (2, 4, PER)], 1, 1, 1),  # in another order
        ([(0, 2, PER), (0, 3, PER)], [(0, 3, PER)], 2 / 3, 2 / 3, (1 + 1 + 1) / 3),  # and a part
    ],
)
def test_a_row(
    found: list[Span], true: list[Span], f1: float, edges: float, partial: float
) -> None:
    got = measured([found], [true])
    assert got["f1"] == pytest.approx(f1)
    assert got["f1_edges"] == pytest.approx(edges)
    assert got["f1_partial"] == pytest.approx(partial)
    assert got["exact_match"] == (set(found) == set(true))


def test_rows_count_together_and_types_by_themselves() -> None:
    found = [[(0, 2, PER), (5, 6, LOC)], [(0, 1, LOC)], []]
    true = [[(0, 2, PER), (5, 7, LOC)], [(0, 1, LOC)], [(3, 4, LOC)]]
    got = measured(found, true)
    assert got["precision"] == pytest.approx(2 / 3)
    assert got["recall"] == pytest.approx(2 / 4)
    assert got["f1"] == pytest.approx(2 * 2 / 7)
    assert got["f1_class/PER"] == pytest.approx(1)
    assert got["f1_class/LOC"] == pytest.approx(2 / 5)
    assert got["f1_macro"] == pytest.approx((1 + 2 / 5) / 2)
    assert got["exact_match"] == pytest.approx(1 / 3)


def test_a_type_that_does_not_occur_has_no_part_in_the_mean() -> None:
    assert measured([[(0, 1, PER)]], [[(0, 1, PER)]])["f1_macro"] == 1
