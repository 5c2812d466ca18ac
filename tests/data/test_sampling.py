import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from weitiao.data.batch import Batching, EpochBatches
from weitiao.data.sampling import Slots

many = st.lists(st.tuples(st.integers(1, 60), st.integers(0, 3)), min_size=1, max_size=80)


def balanced(rows, times=1) -> tuple[np.ndarray, np.ndarray, Slots]:
    lengths, classes = (np.array(column) for column in zip(*rows, strict=True))
    return lengths, classes, Slots.each_class(lengths, classes, times)


def some(big: int, small: int) -> list[tuple[int, int]]:
    draw = np.random.default_rng(0)
    return [(int(draw.integers(3, 60)), int(i < small)) for i in range(big + small)]


@given(many, st.integers(1, 3), st.integers(0, 5))
def test_each_class_is_drawn_equally_often(rows, times, epoch):
    lengths, classes, slots = balanced(rows, times)
    drawn = slots.draw(np.random.default_rng(epoch))
    counts = np.unique(classes[drawn], return_counts=True)[1]
    assert len(drawn) == len(rows) * times
    assert len(counts) == len(np.unique(classes)) or len(drawn) < len(np.unique(classes))
    assert counts.max() - counts.min() <= 1
    assert (lengths[drawn] <= slots.longest(lengths)).all()


@given(many, st.integers(1, 200), st.integers(0, 3))
def test_balanced_batches_break_no_budget_and_are_as_many_each_epoch(rows, tokens, seed):
    lengths, _, slots = balanced(rows)
    for epoch in range(3):
        batches = EpochBatches(
            lengths,
            Batching(tokens=tokens),
            shuffle=True,
            seed=seed,
            slots=slots,
            position=lambda epoch=epoch: (epoch, 0),
        )
        drawn = list(batches)
        assert len(drawn) == len(batches)
        assert sorted(np.concatenate([d.slots for d in drawn]).tolist()) == list(range(len(rows)))
        for draws in drawn:
            assert len(draws.rows) == 1 or len(draws.rows) * lengths[draws.rows].max() <= tokens


def test_rows_of_a_class_are_drawn_alike():
    rows = some(big=900, small=100)
    _, classes, slots = balanced(rows)
    drawn = np.zeros(len(rows), int)
    for epoch in range(200):
        drawn += np.bincount(slots.draw(np.random.default_rng(epoch)), minlength=len(rows))
    for one, expected in ((0, 200 * 500 / 900), (1, 200 * 500 / 100)):
        of_class = drawn[classes == one]
        assert of_class.mean() == pytest.approx(expected)
        assert abs(of_class - expected).max() < 5 * np.sqrt(expected)


def test_epochs_draw_other_rows_of_the_large_class():
    rows = some(big=90, small=10)
    _, classes, slots = balanced(rows)
    first, second = ({*slots.draw(np.random.default_rng(epoch)).tolist()} for epoch in (0, 1))
    small = set(np.flatnonzero(classes == 1).tolist())
    assert small <= first & second
    assert first != second


def test_each_row_comes_so_many_times():
    drawn = Slots.each_row(4, times=3).draw(np.random.default_rng(0))
    assert drawn.tolist() == [0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3]
