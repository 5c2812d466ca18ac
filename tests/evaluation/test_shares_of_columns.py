"""What of the tested rows is told by their columns: texts that were copied."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pyarrow as pa
import pytest

from weitiao.evaluation.testing import shares_of_columns
from weitiao.objectives.replies.said import Said
from weitiao.objectives.replies.translating import Translating

TEXTS = ["a cat", "猫 坐", "it rains", "beyond the sample"]


@pytest.mark.parametrize(
    ("written", "share"),
    [
        (["a  cat\n", "猫坐", "it rains", None], 2 / 3),  # white space aside
        (["A cat", "", "x", None], 0.0),
        ([None, None, None, None], None),  # none was asked for
    ],
)
def test_the_share_of_copies_is_that_of_the_rows_that_were_written(
    written: list[str | None], share: float | None
) -> None:
    said = [Said(None if text is None else [1], None if text is None else True) for text in written]
    table = pa.table({"original": TEXTS})
    tested: Any = SimpleNamespace(predictions=said, decided=written, table=table)
    objective = object.__new__(Translating)
    measured = {f"test/{name}" for name, _ in Translating.shown} - {"test/copied"}
    found = shares_of_columns(tested, objective, measured)
    assert found == ({} if share is None else {"test/copied": share})
    assert shares_of_columns(tested, objective, {*measured, "test/copied"}) == {}
