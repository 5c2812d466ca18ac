"""What the audit says of the splits that will be used, and of public data."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pyarrow as pa
import pytest
from audited_rows import GIVEN, OFF, rows, texts
from rich.console import Console

from weitiao.data.audit import Auditor
from weitiao.data.split import Splitter
from weitiao.data.summary import render, summarise
from weitiao.inputs.text import Text

SHARED = Path(__file__).parents[3] / "shared" / "data"
needs_shared = pytest.mark.skipif(not SHARED.exists(), reason="../shared/data is not here")


def tsv(path: Path, *, text: int, label: int, header: bool) -> pa.Table:
    lines = path.read_text("utf-8").removesuffix("\n").split("\n")[header:]
    cells = [line.rstrip("\r").split("\t") for line in lines]
    return rows(*((cell[text], cell[label]) for cell in cells), file=path.name)


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
