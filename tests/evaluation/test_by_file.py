"""What each file of a test split scores; of one whose rows were not asked for, nothing."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pyarrow as pa
import pytest

from weitiao.evaluation.by_file import scores_by_file, told_by_file
from weitiao.objectives.replies.said import Said
from weitiao.objectives.replies.translating import Translating

RIGHT = ["a cat", "two dogs", "it rains"]


def rows_of(files: list[str]) -> Any:
    """The first two rows are translated, the first one rightly."""
    written = ["a cat", "xyz", None]
    answers = [Said(None if text is None else [1], text is not None, 1.0, 2) for text in written]
    table = pa.table({"file": pa.array(files)})
    return SimpleNamespace(table=table, predictions=answers, decided=written, targets=RIGHT)


def test_a_file_whose_rows_were_not_asked_for_has_no_score() -> None:
    objective, rows = object.__new__(Translating), rows_of(["好.csv", "b", "c"])
    found = scores_by_file(rows, objective)
    assert found == pytest.approx({"test/chrf/好.csv": 1.0, "test/chrf/b": 0.0})
    assert told_by_file(found, rows, objective) == (
        "chrF by file: 好.csv 100.00 %, b 0.00 %, c has none"
    )


@pytest.mark.parametrize("files", [["a"] * 3, [*"abc"]])
def test_one_file_or_many_are_not_told_apart(
    files: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("weitiao.evaluation.by_file.MOST", 2)
    objective, rows = object.__new__(Translating), rows_of(files)
    assert scores_by_file(rows, objective) == {}
    assert told_by_file({}, rows, objective) is None
