"""Folds: each row is tested once, in proportion, no group is cut."""

from __future__ import annotations

from collections import Counter

import pyarrow as pa
import pytest
from split_rows import BOTH, SKEWED, shuffled, sizes, table, where

from weitiao.data.split import Splitter
from weitiao.errors import ConfigError


def folds(rows: pa.Table, count: int, carve: tuple[str, ...] = BOTH) -> list[dict[str, pa.Table]]:
    return [Splitter(folds=count, fold=k + 1).split(rows, carve=carve) for k in range(count)]


def test_each_row_is_tested_in_one_fold_in_proportion() -> None:
    rows = table(["a"] * 60 + ["b"] * 30 + ["c"] * 10)
    found = folds(rows, 5)
    tested = [text for fold in found for text in fold["test"]["text"].to_pylist()]
    assert sorted(tested) == sorted(rows["text"].to_pylist())
    for fold in found:
        assert Counter(fold["test"]["label"].to_pylist()) == {"a": 12, "b": 6, "c": 2}
        assert sizes(fold) == {"train": 72, "val": 8, "test": 20}
        assert len(where(fold)) == 100


def test_folds_depend_on_texts_and_seed_and_not_on_the_order_of_the_rows() -> None:
    rows = table(["a"] * 60 + ["b"] * 40)
    assert [where(f) for f in folds(shuffled(rows), 4)] == [where(f) for f in folds(rows, 4)]
    other = Splitter(folds=4, fold=1, seed=1).split(rows, carve=BOTH)
    assert where(other) != where(folds(rows, 4)[0])


def test_no_group_is_cut_by_a_fold() -> None:
    groups = [f"author {i % 17}" for i in range(200)]
    rows = table([("a", "b")[i % 2] for i in range(200)], groups)
    found = folds(rows, 3)
    assert sum(fold["test"].num_rows for fold in found) == 200
    for fold in found:
        held = [set(fold[name]["group"].to_pylist()) for name in ("train", "val", "test")]
        assert not held[0] & held[2]
        assert not held[1] & held[2]
        assert not held[0] & held[1]


def test_a_given_validation_file_leaves_train_and_a_fold() -> None:
    assert [*folds(table(SKEWED[:-1]), 3, ("test",))[0]] == ["train", "test"]


@pytest.mark.parametrize(
    ("labels", "groups", "told"),
    [
        (["a"] * 9 + ["b"], None, "train has no row of 'b'"),
        (["a"] * 2 + ["b"] * 2, None, "folds = 3: "),
        (["a", "b"] * 5, ["one"] * 6 + ["two"] * 4, "folds = 3"),
    ],
)
def test_folds_that_cannot_be_are_refused(labels, groups, told) -> None:
    with pytest.raises(ConfigError, match=told):
        folds(table(labels, groups), 3)


@pytest.mark.parametrize(
    "values",
    [
        {"fold": 1},
        {"folds": 3},
        {"folds": 3, "fold": 4},
        {"folds": 1, "fold": 1},
        {"folds": 3, "fold": 1, "test": 0.2},
    ],
)
def test_values_of_folds_that_do_not_go_together_are_refused(values) -> None:
    with pytest.raises(ConfigError, match=r"^(fold|folds|test) "):
        Splitter(**values)
