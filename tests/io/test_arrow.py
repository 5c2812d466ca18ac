"""Tables in parts, and lists as columns."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from weitiao.io import arrow
from weitiao.io.arrow import light_parts_of, list_array


@pytest.mark.parametrize(
    ("lengths", "parts"),
    [
        ([], [0]),
        ([3, 3, 3], [3]),
        ([6, 6, 6, 6], [1, 2, 1]),
        ([99, 1, 99], [1, 1, 1]),
        ([0, 0], [2]),
    ],
)
def test_parts_have_few_characters_and_all_rows(
    lengths: list[int], parts: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(arrow, "LIGHT", 10)
    texts = pa.array(["字" * length for length in lengths], pa.large_string())
    table = pa.Table.from_pydict({"text": texts, "n": pa.array(range(len(texts)), pa.int64())})
    found = [*light_parts_of(table, ["text"])]
    assert [part.num_rows for part in found] == parts
    assert pa.concat_tables(found) == table


@pytest.mark.parametrize("rows", [[], [[]], [[1, 2], [], [3]], [[], []]])
def test_lists_come_back(rows: list[list[int]]) -> None:
    for lists in (rows, [np.array(row, np.int64) for row in rows]):
        column = list_array(lists, pa.int32())
        assert column.type == pa.large_list(pa.int32())
        assert column.to_pylist() == rows
