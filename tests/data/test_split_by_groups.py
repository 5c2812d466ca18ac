"""Rows of a group stay together, and the parts are near their shares all the same."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pyarrow as pa
import pytest
from split_rows import BOTH, shuffled, sizes, table

from weitiao.data.split import Splitter
from weitiao.errors import ConfigError, DataError


def grouped(seed: int, n_groups: int = 200) -> pa.Table:
    random = np.random.default_rng(seed)
    numbers = np.repeat(np.arange(n_groups), random.integers(1, 12, n_groups))
    labels = random.choice(["a", "b", "c"], len(numbers), p=[0.6, 0.3, 0.1])
    return shuffled(table(labels.tolist(), [f"g{number}" for number in numbers]))


@pytest.mark.parametrize("seed", range(3))
def test_no_group_is_cut(seed):
    splits = Splitter(seed=seed).split(grouped(seed), carve=BOTH)
    groups = [set(split["group"].to_pylist()) for split in splits.values()]
    assert sum(map(len, groups)) == len(set.union(*groups)) == 200


def test_groups_meet_shares_and_proportions_nearly():
    rows = grouped(0)
    splits = Splitter(val=0.1, test=0.2).split(rows, carve=BOTH)
    for name, share in (("val", 0.1), ("test", 0.2)):
        assert splits[name].num_rows == pytest.approx(share * rows.num_rows, rel=0.1)
        counts = Counter(splits[name]["label"].to_pylist())
        for label, part in (("a", 0.6), ("b", 0.3), ("c", 0.1)):
            assert counts[label] / splits[name].num_rows == pytest.approx(part, abs=0.06)


def test_val_gets_groups_of_all_sizes():
    rows = grouped(1, 600)
    size = Counter(rows["group"].to_pylist())
    held = set(Splitter().split(rows, carve=BOTH)["val"]["group"].to_pylist())
    means = [np.mean([size[group] for group in names]) for names in (held, size)]
    assert means[0] == pytest.approx(means[1], rel=0.25)


def test_a_huge_group_stays_in_train():
    rows = table(["a", "b"] * 50, ["huge"] * 60 + [f"g{i // 2}" for i in range(40)])
    for seed in range(10):
        splits = Splitter(seed=seed).split(rows, carve=BOTH)
        assert "huge" in splits["train"]["group"].to_pylist()


@pytest.mark.parametrize("seed", range(20))
def test_a_group_overfills_a_split_only_where_that_brings_it_nearer(seed):
    lengths = np.random.default_rng(seed).integers(1, 20, 10).tolist()
    names = np.repeat([f"g{i}" for i in range(10)], lengths).tolist()
    for split_seed in range(5):
        splits = Splitter(seed=split_seed, val=0.1, test=0.2).split(
            table(["a"] * len(names), names), carve=("test",)
        )
        assert splits["test"].num_rows <= 2 * int(0.2 * len(names) + 0.5)


def test_five_groups_are_enough_for_a_tenth():
    rows = table(["a", "b"] * 50, [f"g{i // 20}" for i in range(100)])
    assert sizes(Splitter().split(rows, carve=BOTH)) == {"train": 60, "val": 20, "test": 20}


@pytest.mark.parametrize("stratify", [True, False])
def test_groups_that_train_needs_do_not_eat_the_shares_of_the_others(stratify):
    rows = table([f"c{i // 6}" for i in range(60)], [f"g{i // 3}" for i in range(60)])
    splits = Splitter(val=0.2, test=0.2, stratify=stratify).split(rows, carve=BOTH)
    assert sizes(splits) == {"train": 36, "val": 12, "test": 12}


def test_thirty_rows_in_ten_groups_are_enough():
    rows = table(["a", "b", "a"] * 10, [f"g{i // 3}" for i in range(30)])
    for seed in range(10):
        assert sizes(Splitter(seed=seed).split(rows, carve=BOTH)) == {
            "train": 24,
            "val": 3,
            "test": 3,
        }


def test_a_row_without_group_is_refused():
    with pytest.raises(DataError, match="no group"):
        Splitter().split(table(["a"] * 20, ["g", None] * 10), carve=BOTH)


def test_groups_too_large_for_a_split_are_refused_with_their_number():
    rows = table(["a", "b"] * 15, [f"g{i // 10}" for i in range(30)])
    with pytest.raises(ConfigError, match=r"groups is 3\n.*group null.*data.val FILE"):
        Splitter().split(rows, carve=BOTH)
