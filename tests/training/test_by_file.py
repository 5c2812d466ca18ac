"""What each file of a split scores; of one whose rows were not asked for, nothing."""

from __future__ import annotations

import csv
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pyarrow as pa
import pytest
from conftest import TINY, reviews, write_csv

from weitiao import fit
from weitiao.evaluation.testing import run_test
from weitiao.objectives.replies.said import Said
from weitiao.objectives.replies.translating import Translating
from weitiao.training.by_file import scores_by_file, told_by_file

RIGHT = ["a cat", "two dogs", "it rains"]


def rows_of(files: list[str]) -> Any:
    """The first two rows are translated, the first one rightly."""
    written = ["a cat", "xyz", None]
    answers = [Said(None if text is None else [1], text is not None, 1.0, 2) for text in written]
    table = pa.table({"file": pa.array(files)})
    return SimpleNamespace(table=table, predictions=answers, decided=written, targets=RIGHT)


def test_a_file_whose_rows_were_not_asked_for_has_no_score() -> None:
    objective, rows = object.__new__(Translating), rows_of(["好.csv", "b", "c"])
    found = scores_by_file(rows, objective, "test")
    assert found == pytest.approx({"test/chrf/好.csv": 1.0, "test/chrf/b": 0.0})
    assert told_by_file(found, rows, objective) == (
        "chrF by file: 好.csv 100.00 %, b 0.00 %, c has none"
    )


@pytest.mark.parametrize("files", [["a"] * 3, [*"abc"]])
def test_one_file_or_many_are_not_told_apart(
    files: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("weitiao.training.by_file.MOST", 2)
    objective, rows = object.__new__(Translating), rows_of(files)
    assert scores_by_file(rows, objective, "test") == {}
    assert told_by_file({}, rows, objective) is None


def test_each_validation_says_what_its_files_score(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name, count, seed in (("my.csv", 100, 0), ("one.csv", 30, 1), ("other.csv", 30, 2)):
        write_csv(tmp_path / name, reviews(count, seed=seed))
    options: dict[str, Any] = dict(option.removeprefix("--").split("=") for option in TINY)
    options |= {"data.train": "my.csv", "data.val": ["one.csv", "other.csv"]}
    run = fit(options | {"trainer.max_epochs": "2"})
    with (run.folder.path / "metrics.csv").open(encoding="utf-8", newline="") as file:
        rows = [*csv.DictReader(file)]
    places = {
        name: [(row["step"], row["epoch"]) for row in rows if row["metric"] == name]
        for name in ("val/f1_macro", "val/f1_macro/one.csv", "val/f1_macro/other.csv")
    }
    assert len({*map(tuple, places.values())}) == 1
    assert [epoch for _, epoch in places["val/f1_macro"]] == ["0", "1"]
    last = {row["metric"]: float(row["value"]) for row in rows}
    for name in ("one.csv", "other.csv"):
        tested = run_test([f"--ckpt_path={run.folder.last}", f"--data.test={name}"])
        assert tested["test/f1_macro"] == pytest.approx(last[f"val/f1_macro/{name}"])
