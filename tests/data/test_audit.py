"""The audit finds what makes a score lie, and alters nothing but train."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pyarrow as pa
import pytest
from rich.console import Console
from text_parts import keyed

from weitiao.data.audit import Auditor
from weitiao.data.split import Splitter
from weitiao.data.summary import render, summarise
from weitiao.errors import DataError
from weitiao.inputs.text import Text

SHARED = Path(__file__).parents[3] / "shared" / "data"
needs_shared = pytest.mark.skipif(not SHARED.exists(), reason="../shared/data is not here")
OFF = {"merge_duplicates": False, "drop_conflicts": False, "drop_leaks": False}


def rows(*texts_and_labels: tuple[str, ...], file: str = "train.tsv") -> pa.Table:
    """Rows of (text, label) or (text, pair, label)."""
    columns = ("text", "pair", "label") if len(texts_and_labels[0]) == 3 else ("text", "label")
    table = pa.table(
        dict(zip(columns, map(list, zip(*texts_and_labels, strict=True)), strict=True))
    )
    numbers = pa.array(range(1, table.num_rows + 1), pa.int64())
    table = table.append_column("file", pa.array([file] * table.num_rows))
    return keyed(table.append_column("row", numbers))


def tsv(path: Path, *, text: int, label: int, header: bool) -> pa.Table:
    lines = path.read_text("utf-8").removesuffix("\n").split("\n")[header:]
    cells = [line.rstrip("\r").split("\t") for line in lines]
    return rows(*((cell[text], cell[label]) for cell in cells), file=path.name)


def texts(table: pa.Table) -> list[str]:
    return table["text"].to_pylist()


GIVEN = {
    "train": rows(
        ("好看", "pos"),  # 1
        ("难看", "neg"),  # 2
        ("好 看", "pos"),  # 3 repeats 1
        ("一般", "pos"),  # 4 in conflict with 5
        ("一般", "neg"),  # 5
        ("ＧＯＯＤ！", "pos"),  # 6 stands in test
        ("bad", "neg"),  # 7 stands in val
    ),
    "val": rows(("Bad", "neg"), ("新", "pos"), file="val.tsv"),
    "test": rows(("good!", "neg"), ("good!", "pos"), ("新", "neg"), file="test.tsv"),
}


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


# -- the splits that will be used ------------------------------------------------------------------


def test_leaked_marks_what_stands_in_the_train_that_is_used():
    keeping, report = Auditor(drop_leaks=False).audit(GIVEN, Splitter(), Text().sizes)
    assert keeping["val"]["leaked"].to_pylist() == [True, False]
    assert keeping["test"]["leaked"].to_pylist() == [True, True, False]
    assert (report["splits"]["val"]["leaked"], report["splits"]["test"]["leaked"]) == (1, 2)
    assert "2 of 3 rows of test stand in train as well" in report["warnings"]
    dropping, _ = Auditor().audit(GIVEN, Splitter(), Text().sizes)
    assert not any(dropping["test"]["leaked"].to_pylist())
    assert "leaked" not in dropping["train"].column_names
    assert "key" not in dropping["train"].column_names


@pytest.mark.parametrize("given", [[], ["val"], ["test"], ["val", "test"]])
def test_what_is_not_given_is_carved_from_the_audited_train(given):
    train = rows(*((f"t{i % 80}", "xy"[i % 2]) for i in range(160)))
    held_out = rows(*((f"t{i}", "xy"[i % 2]) for i in range(10)), file="held.tsv")
    tables = {"train": train, **dict.fromkeys(given, held_out)}
    splits, report = Auditor().audit(tables, Splitter(), Text().sizes)
    assert list(splits) == ["train", "val", "test"]
    left = 70 if given else 80
    carved = [name for name in splits if name not in given]
    assert sum(splits[name].num_rows for name in carved) == left
    seen = [text for name in carved for text in texts(splits[name])]
    assert len(set(seen)) == len(seen)
    assert all(split.get("leaked", 0) == 0 for split in report["splits"].values())


def test_duplicates_that_are_kept_show_as_leaks_in_carved_splits():
    train = rows(*((f"t{i % 100}", "xy"[i % 2]) for i in range(1000)))
    _, report = Auditor(**OFF).audit({"train": train}, Splitter(), Text().sizes)
    assert report["splits"]["test"]["leaked"] > 90


def test_classes_and_lengths_are_described():
    train = rows(("a" * 10, "x"), ("好" * 20, "y"), ("b" * 30, "y"))
    _, report = summarise(*Auditor().clean({"train": train}), Text().sizes)
    assert list(report["splits"]["train"]["classes"].items()) == [("y", 2), ("x", 1)]
    assert report["splits"]["train"]["length"] == {"min": 10, "median": 20, "p95": 30, "max": 30}


def test_few_rows_a_rare_class_and_imbalance_are_warned_of():
    train = rows(*((f"t{i}", "x" if i else "rare") for i in range(50)))
    warnings = " | ".join(
        summarise(*Auditor().clean({"train": train}), Text().sizes)[1]["warnings"]
    )
    assert "50 rows only" in warnings
    assert "rare (1)" in warnings
    assert "49 times" in warnings
    even = rows(*((f"t{i}", "xy"[i % 2]) for i in range(200)))
    assert summarise(*Auditor().clean({"train": even}), Text().sizes)[1]["warnings"] == []


def test_report_is_plain_json():
    report = Auditor().audit(GIVEN, Splitter(), Text().sizes)[1]
    assert json.loads(json.dumps(report)) == report


def test_render_shows_counts_acts_and_warnings_on_one_screen():
    train = rows(*((f"t{i}", f"[class {i % 40}]") for i in range(1200)), ("t0", "[class 0]"))
    _, report = Auditor(drop_conflicts=False).audit({"train": train}, Splitter(), Text().sizes)
    screen = io.StringIO()
    render(report, Console(file=screen, width=140))
    shown = screen.getvalue()
    assert "1,201" in shown
    assert "duplicates 1; off: drop_conflicts" in shown
    assert "[class 10]" in shown  # brackets are no markup
    assert "and 25 more" in shown
    assert shown.count("\n") < 40


# -- real data -------------------------------------------------------------------------------------


@needs_shared
def test_chnsenticorp_leaks_and_conflicts_are_found():
    folder = SHARED / "chnsenticorp"
    given = {
        name: tsv(folder / file, text=1, label=0, header=True)
        for name, file in {"train": "train.tsv", "val": "dev.tsv", "test": "test.tsv"}.items()
    }
    cleaned, report = Auditor().clean(given)
    found = report["found"]
    assert [found[name]["rows"] for name in found] == [9600, 1200, 1200]
    assert found["test"]["stands_in"] == {"train": 333, "val": 40}
    assert found["val"]["stands_in"] == {"train": 340, "test": 39}
    assert found["train"]["conflicts"] == {"texts": 24, "rows": 57}
    assert not set(texts(cleaned["train"])) & set(texts(given["test"]))
    _, raw = Auditor(drop_leaks=False).audit(given, Splitter(), Text().sizes)
    assert raw["splits"]["test"]["leaked"] == 333


@needs_shared
def test_tnews_leaks_are_found():
    folder = SHARED / "tnews"
    given = {
        name: tsv(folder / file, text=0, label=1, header=False)
        for name, file in {"train": "train.tsv", "val": "dev.tsv"}.items()
    }
    assert Auditor().clean(given)[1]["found"]["val"]["stands_in"] == {"train": 1101}
