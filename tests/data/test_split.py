"""The split is fixed by its seed and keeps the proportions; so does a part of train."""

from __future__ import annotations

from collections import Counter

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from split_rows import BOTH, SKEWED, shuffled, sizes, table, where
from text_parts import keyed

from weitiao.data.split import Splitter
from weitiao.errors import ConfigError


@pytest.mark.parametrize(
    ("carve", "expected"),
    [
        (BOTH, {"train": 700, "val": 100, "test": 200}),
        (("val",), {"train": 900, "val": 100}),
        (("test",), {"train": 800, "test": 200}),
        ((), {"train": 1000}),
    ],
)
def test_shares_are_met_exactly_and_every_row_is_in_one_split(carve, expected):
    splits = Splitter(val=0.1, test=0.2).split(table(SKEWED), carve=carve)
    assert sizes(splits) == expected
    assert len(where(splits)) == 1000


def test_no_test_split_with_a_test_share_of_zero():
    assert sizes(Splitter(test=0).split(table(SKEWED), carve=BOTH)) == {"train": 900, "val": 100}


def test_rows_stay_in_the_order_of_the_file():
    for split in Splitter().split(table(SKEWED), carve=BOTH).values():
        numbers = [int(text.split()[1]) for text in split["text"].to_pylist()]
        assert numbers == sorted(numbers)


ONE_BY_ONE_AND_GROUPED = pytest.mark.parametrize(
    "groups", [None, [f"g{i // 7}" for i in range(1000)]]
)


@ONE_BY_ONE_AND_GROUPED
def test_same_seed_same_split_and_another_seed_another(groups):
    rows = table(SKEWED, groups)
    first, again = (where(Splitter(seed=5).split(rows, carve=BOTH)) for _ in range(2))
    assert first == again
    other = where(Splitter(seed=6).split(rows, carve=BOTH))
    held_out = [{t for t, name in split.items() if name == "test"} for split in (first, other)]
    assert len(held_out[0] & held_out[1]) < 40  # 10 of 100 by chance


@ONE_BY_ONE_AND_GROUPED
def test_the_order_of_the_rows_does_not_matter(groups):
    rows = table(SKEWED, groups)
    splits = (Splitter().split(version, carve=BOTH) for version in (rows, shuffled(rows)))
    assert where(next(splits)) == where(next(splits))


def test_rows_added_later_move_few_of_the_others():
    before = where(Splitter().split(table(["a", "b"] * 1000), carve=BOTH))
    after = where(Splitter().split(table(["a", "b"] * 1025), carve=BOTH))
    assert sum(after[text] != name for text, name in before.items()) < 30


# -- stratification --------------------------------------------------------------------------------


def test_each_split_holds_the_classes_in_proportion():
    splits = Splitter().split(shuffled(table(SKEWED)), carve=BOTH)
    for name in BOTH:
        assert Counter(splits[name]["label"].to_pylist()) == {"a": 70, "b": 25, "c": 5}


def test_without_stratification_the_proportions_are_left_to_chance():
    labels = ["a", "b"] * 500
    counts = {
        Counter(
            Splitter(stratify=False, seed=seed)
            .split(table(labels), carve=BOTH)["test"]["label"]
            .to_pylist()
        )["a"]
        for seed in range(8)
    }
    assert len(counts) > 1


@pytest.mark.parametrize("stratify", [True, False])
@pytest.mark.parametrize("groups", [False, True])
@pytest.mark.parametrize("seed", range(5))
def test_every_class_keeps_a_row_in_train(stratify, groups, seed):
    labels = [f"c{i % 12}" for i in range(24)] + ["alone"] * 2 + ["a"] * 10
    ids = [f"g{i // 2}" for i in range(36)] if groups else None
    splits = Splitter(val=0.2, test=0.2, seed=seed, stratify=stratify).split(
        table(labels, ids), carve=BOTH
    )
    assert set(splits["train"]["label"].to_pylist()) == set(labels)


def test_a_class_with_one_row_goes_to_train():
    for seed in range(20):
        splits = Splitter(seed=seed).split(table(SKEWED), carve=BOTH)
        assert "d" in splits["train"]["label"].to_pylist()


@pytest.mark.parametrize("classes", [1, 2, 3, 15])
def test_thirty_rows_are_enough(classes):
    labels = [f"c{i % classes}" for i in range(30)]
    assert sizes(Splitter().split(table(labels), carve=BOTH)) == {"train": 24, "val": 3, "test": 3}


def test_rows_without_labels_can_be_split():
    rows = table(["a"] * 50).drop_columns(["label"])
    assert sizes(Splitter().split(rows, carve=BOTH)) == {"train": 40, "val": 5, "test": 5}


def test_kept_duplicates_are_spread_over_the_splits():
    rows = keyed(pa.table({"text": ["same"] * 100, "label": ["a", "b"] * 50}))
    assert sizes(Splitter().split(rows, carve=BOTH)) == {"train": 80, "val": 10, "test": 10}


@given(
    labels=st.lists(st.sampled_from("abcde"), min_size=20, max_size=120),
    val=st.floats(0.05, 0.4),
    test=st.floats(0.05, 0.4),
)
@settings(max_examples=60)
def test_totals_match_and_no_class_strays_from_its_part(labels, val, test):
    splits = Splitter(val=val, test=test).split(table(labels), carve=BOTH)
    room = len(labels) - len(set(labels))
    for name, share in (("test", test), ("val", val)):
        expected = min(int(share * len(labels) + 0.5), room)
        room -= expected
        counts = Counter(splits[name]["label"].to_pylist())
        assert sum(counts.values()) == expected
        for label, count in counts.items():
            assert count <= labels.count(label) - 1


# -- faults ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("val", "test", "message"),
    [
        (0.0, 0.1, "split.val = 0.0 must be above 0"),
        (-0.1, 0.1, "split.val = -0.1"),
        (0.1, -0.1, "0.1 \\+ -0.1"),
        (0.6, 0.4, "0.6 \\+ 0.4"),
        (0.001, 0.1, "share of 0.001 of 30 rows leaves val"),
        (0.1, 0.001, "share of 0.001 of 30 rows leaves test"),
        (0.5, 0.49, "leaves train"),
    ],
)
def test_shares_that_make_no_split_are_refused_with_the_numbers(val, test, message):
    with pytest.raises(ConfigError, match=message):
        Splitter(val=val, test=test).split(table(["a", "b"] * 15), carve=BOTH)


def test_a_share_that_is_not_used_is_not_judged():
    rows = table(["a", "b"] * 15)
    assert sizes(Splitter(val=0).split(rows, carve=("test",))) == {"train": 27, "test": 3}


@pytest.mark.parametrize(("label", "regression"), [("c{}", False), ("{}.5", True)])
def test_classes_of_one_row_each_leave_nothing_to_carve(label: str, regression: bool):
    rows = table([label.format(max(i, 2)) for i in range(30)])
    with pytest.raises(ConfigError, match="no row of 30 is left for val") as refused:
        Splitter().split(rows, carve=BOTH)
    assert "of 28 labels 27 have one row" in str(refused.value)
    assert ("--task} regression" in (refused.value.hint or "")) == regression


# -- a part of train -------------------------------------------------------------------------------


def test_a_part_of_train_holds_the_classes_in_proportion_and_in_order() -> None:
    rows = table(SKEWED)
    part = Splitter(train=100).thin(rows)
    assert Counter(part["label"].to_pylist()) == {"a": 70, "b": 25, "c": 4, "d": 1}
    numbers = [int(text.split()[1]) for text in part["text"].to_pylist()]
    assert numbers == sorted(numbers)


def test_another_seed_draws_another_part_and_the_order_of_rows_does_not_matter() -> None:
    rows = table(SKEWED)

    def drawn(seed: int, of: pa.Table) -> set[str]:
        return set(Splitter(train=100, train_seed=seed).thin(of)["text"].to_pylist())

    assert drawn(1, rows) == drawn(1, shuffled(rows))
    assert len(drawn(1, rows) & drawn(2, rows)) < 50


@pytest.mark.parametrize("train", [1001, 3])
def test_a_part_larger_than_train_or_smaller_than_its_classes_is_refused(train: int) -> None:
    with pytest.raises(ConfigError, match=f"train = {train}, but train has 1,000 rows of 4"):
        Splitter(train=train).thin(table(SKEWED))


def test_options_of_a_part_are_checked() -> None:
    with pytest.raises(ConfigError, match="at least 1"):
        Splitter(train=0)
    with pytest.raises(ConfigError, match="no effect without"):
        Splitter(train_seed=1)
