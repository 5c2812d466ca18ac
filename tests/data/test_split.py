"""The split is fixed by its seed, keeps the proportions and cuts no group."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from text_parts import keyed

from weitiao.data.split import Splitter
from weitiao.errors import ConfigError, DataError

BOTH = ("val", "test")


def table(labels: list[str], groups: list[str | None] | None = None) -> pa.Table:
    columns = {"text": [f"text {i}" for i in range(len(labels))], "label": labels}
    if groups is not None:
        columns["group"] = groups
    return keyed(pa.table(columns))


def sizes(splits: dict[str, pa.Table]) -> dict[str, int]:
    return {name: split.num_rows for name, split in splits.items()}


def where(splits: dict[str, pa.Table]) -> dict[str, str]:
    """Text → split."""
    return {text: name for name, split in splits.items() for text in split["text"].to_pylist()}


def shuffled(rows: pa.Table, seed: int = 3) -> pa.Table:
    return rows.take(np.random.default_rng(seed).permutation(rows.num_rows))


SKEWED = ["a"] * 700 + ["b"] * 250 + ["c"] * 49 + ["d"]


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


# -- groups ----------------------------------------------------------------------------------------


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


def test_groups_too_large_for_a_split_are_refused_with_their_number():
    rows = table(["a", "b"] * 15, [f"g{i // 10}" for i in range(30)])
    with pytest.raises(ConfigError, match=r"groups is 3\n.*group null.*data.val FILE"):
        Splitter().split(rows, carve=BOTH)


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
