from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from weitiao.io import arrow
from weitiao.io.arrow import map_table, write_table
from weitiao.io.large_tables import Cells, write_parts, write_whole

TEXTS = ["天地", "", "玄黄", "a", "宇宙洪荒", "日月", ""]


@pytest.fixture
def table() -> pa.Table:
    files = pa.array(["a.csv", "b.csv"] * 4)[: len(TEXTS)].dictionary_encode()
    return pa.table({"text": TEXTS, "row": range(len(TEXTS)), "file": files, "pair": TEXTS[::-1]})


def parts(table: pa.Table, size: int) -> list[pa.Table]:
    return [table.slice(start, size) for start in range(0, table.num_rows, size)]


@pytest.mark.parametrize("size", [1, 2, 3, 10])
def test_parts_become_the_file_that_the_whole_table_does(
    table: pa.Table, size: int, tmp_path: Path
) -> None:
    write_table(table, tmp_path / "one.arrow")
    write_whole(iter(parts(table, size)), ["text", "pair"], tmp_path / "parts.arrow")
    assert (tmp_path / "parts.arrow").read_bytes() == (tmp_path / "one.arrow").read_bytes()
    assert {path.name for path in tmp_path.iterdir()} == {"one.arrow", "parts.arrow"}


def test_a_column_without_a_character_is_written(tmp_path: Path) -> None:
    write_whole([pa.table({"text": ["", ""]})], ["text"], tmp_path / "rows.arrow")
    assert map_table(tmp_path / "rows.arrow")["text"].to_pylist() == ["", ""]


def test_rows_are_chosen_by_pointers_and_come_back_with_their_texts(
    table: pa.Table, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, chosen = tmp_path / "parts.arrow", np.arange(table.num_rows) % 3 != 1
    assert write_parts(parts(table, 2), path) == table.num_rows
    cells = Cells()
    pointers = cells.pointers(path, ["text", "pair"]).filter(pa.array(chosen))
    assert pa.types.is_dictionary(pointers.schema.field("text").type)
    expected = table.filter(pa.array(chosen))
    assert pointers.to_pylist() == expected.to_pylist()
    monkeypatch.setattr(arrow, "PART", 2)
    found = [*cells.parts(pointers)]
    assert len(found) == 3
    assert pa.concat_tables(found).equals(expected)


def test_columns_that_hold_no_texts_or_nulls_stay_as_they_are(tmp_path: Path) -> None:
    table = pa.table({"text": ["a", None], "pixels": [[1], [2, 3]]})
    write_parts([table], tmp_path / "parts.arrow")
    cells = Cells()
    assert cells.pointers(tmp_path / "parts.arrow", ["text", "pixels"]).equals(table)
    assert cells.names == []
