"""What each task makes of the label column."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from text_parts import keyed

from weitiao.data.split import Splitter
from weitiao.errors import ConfigError, DataError
from weitiao.targets import Labels, Number, OneClass, Scale, Target, target_array
from weitiao.targets.label_set import SetTarget
from weitiao.targets.labels import join_labels, split_labels
from weitiao.targets.number import NumberTarget
from weitiao.targets.one_class import ClassTarget


def table(*labels: str, file: str = "my.csv") -> pa.Table:
    count = len(labels)
    return pa.table(
        {
            "text": [f"text {i}" for i in range(count)],
            "label": pa.array(labels, pa.string()),
            "file": [file] * count,
            "row": list(range(2, count + 2)),
        }
    )


# --- tasks of their own ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("labels", "told"),
    [
        ("体育/足球 体育/篮球 财经/股票", "--task} hierarchical"),
        ("a/b/c a/b/d e/f", "--task} hierarchical"),
        ("a/b a/c d", None),  # one is no path
        ("food/good food/bad room/good room/bad", None),  # two labels in a cell, no tree
        ("a/ a/b c/d", None),
        ("n/a y/n", None),
        ("2024/01 2024/02 2025/03", None),
        ("1 2 3 4 5", "--task} ordinal"),
        ("-1 0 1", "--task} ordinal"),
        ("3 1 2", "--task} ordinal"),
        ("0 1 2 3", None),  # numbers of classes, as a file of features has them
        ("1 2", None),
        ("1 2 4", None),
        ("101 102 103", None),
        ("1 2 3 x", None),
    ],
)
def test_labels_of_another_task_are_told_if_they_surely_are(labels: str, told: str | None) -> None:
    names = labels.split()
    found = [line for line in OneClass().doubts(dict.fromkeys(names, 9)) if "is it a" in line]
    assert len(found) == (told is not None)
    assert not found or str(told) in found[0]
    for other in (Scale(), Labels()):
        assert not [line for line in other.doubts(dict.fromkeys(names, 9)) if "is it a" in line]


# --- several labels in a cell ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cell", "labels"),
    [
        ("", []),
        ("[]", []),
        ("a", ["a"]),
        ("b|a|b", ["a", "b"]),
        (" 好 | 坏 ", ["坏", "好"]),
        ('["x|y", "a"]', ["a", "x|y"]),
        ("[10, 2]", ["2", "10"]),
        ("10|9", ["9", "10"]),
    ],
)
def test_labels_of_a_cell(cell: str, labels: list[str]) -> None:
    assert split_labels(cell) == labels
    assert split_labels(join_labels(labels)) == labels


@pytest.mark.parametrize("cell", ["a||b", "|", "[1", '["a", null]', '{"a": 1}x|', "[true]", '[""]'])
def test_a_cell_that_is_no_set_of_labels_is_named(cell: str) -> None:
    if cell.startswith("{"):
        cell = '[{"a": 1}]'
    with pytest.raises(DataError, match=r"my\.csv, row 3, column 'label': this is no set") as error:
        Labels().canonical(table("a", cell))
    assert repr(cell) in str(error.value)
    assert "JSON list" in str(error.value)


def test_sets_in_another_order_are_the_same_label() -> None:
    found = Labels().canonical(table("b|a", '["a", "b"]', "a|b"))["label"]
    assert set(found.to_pylist()) == {"a|b"}


# --- numbers --------------------------------------------------------------------------------------


@pytest.mark.parametrize("cell", ["", "three", "nan", "inf", "1,5", "0x10"])
def test_a_score_that_is_no_finite_number_is_named(cell: str) -> None:
    with pytest.raises(DataError, match=r"my\.csv, row 2, column 'label': this is no") as error:
        Number().canonical(table(cell))
    assert repr(cell) in str(error.value)


def test_numbers_have_one_spelling_and_keep_their_value() -> None:
    found = Number().canonical(table("5", "5.0", " 5 ", "-0.25", "1e3", "1e17"))
    assert found["label"].to_pylist() == ["5", "5", "5", "-0.25", "1000", "1e+17"]


# --- labels and targets ---------------------------------------------------------------------------


def test_targets_are_encoded_and_written_back() -> None:
    sets = Labels().canonical(table("b", "", "a|c"))
    target = Labels().fit({"train": sets})
    assert target == SetTarget(["a", "b", "c"], [1, 1, 1])
    hot = target_array(target.encode(sets))
    assert hot.tolist() == [[0, 1, 0], [0, 0, 0], [1, 0, 1]]
    assert target.written(hot) == sets["label"].to_pylist()
    number = Number().fit({"train": table("1.5", "-2")})
    assert number == NumberTarget(-0.25, 1.75)
    numbers = target_array(number.encode(table("1.5", "-2")))
    assert numbers.dtype == np.float32
    assert numbers.tolist() == [1.5, -2.0]
    assert number.written(numbers) == ["1.5", "-2"]
    target = OneClass().fit({"train": table("b", "a", "b"), "val": table("a")})
    assert target == ClassTarget(["a", "b"], [1, 2])
    classes = target_array(target.encode(table("b", "a")))
    assert classes.tolist() == [1, 0]
    assert target.written(classes) == ["b", "a"]


def test_labels_stand_in_the_order_that_is_given() -> None:
    assert OneClass(labels=["b", "a"]).fit({"train": table("a", "b")}).labels == ["b", "a"]
    for kind in (OneClass, Labels, Scale):
        with pytest.raises(ConfigError, match=r"names a class twice: a, b, a "):
            kind(labels=["a", "b", "a "])


def test_a_set_with_an_unknown_label_is_named() -> None:
    with pytest.raises(DataError, match=r"row 3.*not among a, b.*'x'") as error:
        SetTarget(["a", "b"], [1, 1]).encode(table("a", "b|x"))
    assert error.value.column == "label"


def test_an_ordinal_scale_of_words_needs_an_order() -> None:
    assert Scale().fit({"train": table("10", "9")}).labels == ["9", "10"]
    with pytest.raises(ConfigError, match=r"no order of its own: high, low"):
        Scale().fit({"train": table("low", "high")})
    low_first = Scale(labels=["low", "high"]).fit({"train": table("low", "high")})
    assert low_first.labels[0] == "low"


@pytest.mark.parametrize("target", [Labels(), Number(), Scale()])
def test_train_with_one_value_only_teaches_nothing(target: Target) -> None:
    train = table("1", "1")
    with pytest.raises(DataError, match="nothing to learn"):
        target.check({"train": train}, train)


def test_a_label_that_only_test_has_is_named_and_a_new_score_is_none() -> None:
    train, test = table("1", "2"), table("2", "1|7", file="test.csv")
    with pytest.raises(DataError, match=r"test\.csv, row 3.*no row with this label.*'7'"):
        Labels().check({"train": train, "test": test}, train)
    Number().check({"train": train, "test": table("7")}, train)


# --- splits ---------------------------------------------------------------------------------------


def carve(labels: list[str], target: Target) -> dict[str, pa.Table]:
    rows = keyed(target.canonical(table(*labels)))
    strata = target.strata(rows)
    parts = Splitter(val=0.2, test=0.2).split(rows, carve={"val", "test"}, strata=strata)
    assert sum(part.num_rows for part in parts.values()) == len(labels)
    return parts


def test_rare_labels_are_spread_over_the_splits() -> None:
    draw = np.random.default_rng(0)
    labels = ["|".join(["common", *(["rare"] if draw.random() < 0.05 else [])]) for _ in range(400)]
    wanted = sum("rare" in label for label in labels)
    for name, share in (("train", 0.6), ("val", 0.2), ("test", 0.2)):
        part = carve(labels, Labels())[name]
        found = sum("rare" in label for label in part["label"].to_pylist())
        assert found == pytest.approx(wanted * share, abs=1)


def test_splits_of_a_regression_hold_alike_scores() -> None:
    scores = np.random.default_rng(0).gamma(1.0, 10.0, 300)
    parts = carve([str(score) for score in scores], Number())
    for part in parts.values():
        found = target_array(NumberTarget(0.0, 1.0).encode(part))
        tenths = [np.mean(found <= edge) for edge in np.quantile(scores, [0.1, 0.5, 0.9])]
        assert tenths == pytest.approx([0.1, 0.5, 0.9], abs=0.04)


def test_a_row_goes_by_its_rarest_label() -> None:
    found: Any = Labels().strata(table("a|b", "a", "a", "", "b|c", "b"))
    assert len(set(found.tolist())) == 4
    assert found[1] == found[2]
    assert found[0] in (found[1], found[5])  # a and b are equally rare
    assert found[4] not in found[[0, 1, 2, 3, 5]]
