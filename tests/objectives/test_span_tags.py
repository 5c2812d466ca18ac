"""Spans to tags of ids and back, through any pieces that hold their edges."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from weitiao.objectives.spans.tags import Span, spans_of, tags_of


def ids(*lengths: int) -> np.ndarray:
    """Offsets of ids of these lengths, side by side."""
    ends = np.cumsum(lengths)
    return np.stack([ends - lengths, ends], 1)


@st.composite
def rows(draw: st.DrawFn) -> tuple[list[Span], np.ndarray]:
    """Offsets of ids, and spans that begin and end at their edges."""
    offsets = ids(*draw(st.lists(st.integers(1, 4), min_size=1, max_size=20)))
    spans, place = [], 0
    while place < len(offsets):
        width = draw(st.integers(1, 4))
        if draw(st.booleans()):
            last = min(place + width, len(offsets)) - 1
            kind = draw(st.integers(0, 2))
            spans.append((int(offsets[place, 0]), int(offsets[last, 1]), kind))
        place += width
    return spans, offsets


@given(rows())
def test_spans_come_back_from_their_tags(row: tuple[list[Span], np.ndarray]) -> None:
    spans, offsets = row
    assert spans_of(tags_of(spans, offsets), offsets) == spans


@pytest.mark.parametrize(
    ("spans", "lengths", "found"),
    [
        ([(0, 2, 0), (2, 4, 0)], (1, 1, 1, 1), [(0, 2, 0), (2, 4, 0)]),  # side by side
        ([(0, 4, 0), (1, 2, 1)], (1, 1, 1, 1), [(0, 4, 0)]),  # of nested ones, the longest
        ([(0, 3, 0), (2, 4, 1)], (1, 1, 1, 1), [(0, 3, 0)]),  # of those that overlap
        ([(1, 2, 0)], (2, 2), [(0, 2, 0)]),  # inside an id: its whole
        ([(0, 3, 1)], (2, 2), [(0, 4, 1)]),
        ([], (2, 2), []),
    ],
)
def test_of_what_ids_cannot_say_the_nearest_is_said(
    spans: list[Span], lengths: tuple[int, ...], found: list[Span]
) -> None:
    offsets = ids(*lengths)
    assert spans_of(tags_of(spans, offsets), offsets) == found


def test_white_space_is_inside_of_a_span_and_not_at_its_ends() -> None:
    offsets = np.array([[0, 3], [4, 4], [4, 8], [9, 9]])  # "New", " ", "York", " "
    assert tags_of([(0, 8, 0)], offsets).tolist() == [1, 2, 2, 0]
    assert spans_of(np.array([1, 2, 2, 2]), offsets) == [(0, 8, 0)]
    assert spans_of(np.array([0, 1, 0, 0]), offsets) == []  # of white space alone
