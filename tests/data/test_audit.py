"""The audit finds what makes a score lie, and alters nothing but train."""

from __future__ import annotations

import pyarrow as pa
import pytest
from audited_rows import GIVEN, OFF, rows, texts

from weitiao.data.audit import Auditor
from weitiao.data.split import Splitter
from weitiao.data.summary import summarise
from weitiao.errors import DataError
from weitiao.inputs.text import Text

# -- what leaves train -----------------------------------------------------------------------------


def test_every_act_takes_its_rows_out_of_train():
    cleaned, report = Auditor().clean(GIVEN)
    assert cleaned["train"]["row"].to_pylist() == [1, 2]
    assert report["removed"] == {"conflicts": 2, "leaks": 2, "duplicates": 1}


@pytest.mark.parametrize(
    ("off", "left"),
    [
        ("merge_duplicates", [1, 2, 3]),
        ("drop_conflicts", [1, 2, 4, 5]),
        ("drop_leaks", [1, 2, 6, 7]),
    ],
)
def test_each_act_can_be_switched_off_alone(off, left):
    cleaned, report = Auditor(**{off: False}).clean(GIVEN)
    assert cleaned["train"]["row"].to_pylist() == left
    assert report["acts"][off] is False


def test_with_all_acts_off_nothing_leaves_and_all_is_still_found():
    cleaned, report = Auditor(**OFF).clean(GIVEN)
    assert cleaned["train"].num_rows == GIVEN["train"].num_rows
    assert report["removed"] == {"conflicts": 0, "leaks": 0, "duplicates": 0}
    assert report["found"] == Auditor().clean(GIVEN)[1]["found"]


def test_a_row_leaves_for_one_reason_only():
    train = rows(
        ("both", "x"),
        ("both", "y"),
        ("both", "x"),
        ("leak", "x"),
        ("leak", "x"),
        ("a", "x"),
        ("b", "y"),
    )
    test = rows(("both", "x"), ("leak", "x"), file="test.tsv")
    cleaned, report = Auditor().clean({"train": train, "test": test})
    assert report["removed"] == {"conflicts": 3, "leaks": 2, "duplicates": 0}
    assert texts(cleaned["train"]) == ["a", "b"]


def test_given_val_and_test_are_never_altered():
    cleaned, _ = Auditor().clean(GIVEN)
    splits, _ = Auditor().audit(GIVEN, Splitter(), Text().sizes)
    for name in ("val", "test"):
        assert cleaned[name].equals(GIVEN[name])
        given = GIVEN[name].drop_columns(["key"])
        assert splits[name].select(given.column_names).equals(given)


def test_report_counts_each_finding():
    found = Auditor().clean(GIVEN)[1]["found"]
    assert found["train"] == {
        "files": ["train.tsv"],
        "rows": 7,
        "duplicates": 2,
        "conflicts": {"texts": 1, "rows": 2},
        "stands_in": {"val": 1, "test": 1},
    }
    assert found["test"]["conflicts"] == {"texts": 1, "rows": 2}
    assert found["test"]["stands_in"] == {"train": 2, "val": 1}
    assert found["val"]["stands_in"] == {"train": 1, "test": 1}


def test_examples_name_every_place_and_label():
    examples = Auditor().clean(GIVEN)[1]["examples"]
    assert examples["conflicts"][0] == {
        "text": "一般",
        "places": [
            {"split": "train", "place": "train.tsv:4", "label": "pos"},
            {"split": "train", "place": "train.tsv:5", "label": "neg"},
        ],
    }
    leak = next(example for example in examples["leaks"] if example["text"].startswith("Ｇ"))
    assert [place["place"] for place in leak["places"]] == [
        "train.tsv:6",
        "test.tsv:1",
        "test.tsv:2",
    ]


def test_examples_are_ten_at_most_and_cut():
    many = rows(*((f"{i:02}" + "长" * 100, label) for i in range(30) for label in "ab"), ("x", "a"))
    examples = Auditor(**OFF).clean({"train": many, "test": many})[1]["examples"]
    assert len(examples["conflicts"]) == len(examples["leaks"]) == 10
    assert {len(example["text"]) for example in examples["conflicts"]} == {60}


# -- when two texts are the same -------------------------------------------------------------------


@pytest.mark.parametrize("variant", ["Ａbc，好", "abc,好", " a b\tC,\u3000好\n", "ABC,好"])
def test_width_case_and_white_space_do_not_make_another_text(variant):
    train = rows(("abc,好", "x"), (variant, "x"), ("other", "y"))
    assert Auditor().clean({"train": train})[0]["train"].num_rows == 2


def test_punctuation_makes_another_text():
    train = rows(("好！", "x"), ("好？", "y"))
    assert Auditor().clean({"train": train})[0]["train"].num_rows == 2


def test_a_pair_is_the_same_only_with_both_texts_in_their_places():
    train = rows(
        ("ab", "c", "x"), ("a", "bc", "y"), ("c", "ab", "y"), ("A B", "C", "x"), ("ab", "d", "y")
    )
    cleaned, report = Auditor().clean({"train": train})
    assert cleaned["train"]["row"].to_pylist() == [1, 2, 3, 5]
    assert report["found"]["train"]["conflicts"]["texts"] == 0


def test_duplicates_are_found_across_chunks_of_a_table():
    part = rows(("a", "x"), ("b", "y"))
    train = pa.concat_tables([part, part, part.slice(1)])
    assert texts(Auditor().clean({"train": train})[0]["train"]) == ["a", "b"]


# -- faults ----------------------------------------------------------------------------------------


def test_one_class_is_refused():
    with pytest.raises(DataError, match=r"train\.tsv.*nothing to learn.*'x'"):
        Auditor().clean({"train": rows(("a", "x"), ("b", "x"))})


def test_unknown_label_of_test_is_refused_with_its_place():
    test = rows(("c", "y"), ("d", "z"), file="test.tsv")
    with pytest.raises(DataError, match=r"test\.tsv, row 2, column 'label'.*'z'") as error:
        Auditor().clean({"train": rows(("a", "x"), ("b", "y")), "test": test})
    assert "x, y" in str(error.value)


def test_a_class_that_the_audit_emptied_is_told_from_an_unknown_one():
    train = rows(("a", "x"), ("b", "y"), ("c", "z"))
    with pytest.raises(DataError, match="the audit took all its rows"):
        Auditor().clean({"train": train, "test": rows(("c", "z"), file="test.tsv")})


def test_a_row_without_label_is_refused_with_its_place():
    train = rows(("a", "x"), ("b", None), ("c", "y"))
    with pytest.raises(DataError, match=r"train\.tsv, row 2, column 'label': no label"):
        Auditor().clean({"train": train})


def test_an_empty_table_is_refused():
    with pytest.raises(DataError, match="val split has no rows"):
        Auditor().clean({**GIVEN, "val": GIVEN["val"].slice(0, 0)})


def test_rows_without_labels_are_audited_for_duplicates_and_leaks():
    train = rows(("a", "x"), ("a", "x"), ("b", "y")).drop_columns(["label"])
    cleaned, report = Auditor().clean({"train": train, "test": train.slice(2)})
    assert texts(cleaned["train"]) == ["a"]
    _, report = summarise(cleaned, report, Text().sizes)
    assert report["splits"]["train"]["classes"] == {}
