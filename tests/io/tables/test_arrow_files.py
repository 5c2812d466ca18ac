"""Arrow files, streams and Feather: whole, truncated, with class numbers."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.feather as feather
import pyarrow.parquet as pq
import pytest
from table_files import quarantined
from table_formats import ROWS, check, read
from text_parts import roles

from weitiao.errors import DataError


def write_stream(table: pa.Table, path: Path) -> None:
    with pa.ipc.new_stream(path, table.schema) as writer:
        writer.write_table(table, max_chunksize=3)


def write_file(table: pa.Table, path: Path) -> None:
    with pa.ipc.new_file(path, table.schema) as writer:
        writer.write_table(table, max_chunksize=3)


def write_feather(table: pa.Table, path: Path) -> None:
    feather.write_feather(table, path, compression="zstd")


WRITERS = {"stream.arrow": write_stream, "file.arrow": write_file, "f.feather": write_feather}


@pytest.mark.parametrize("name", WRITERS)
def test_arrow_files_streams_and_feather_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr("weitiao.io.tables.columnar.BLOCK", 16)  # a row or two at a time
    table = pa.Table.from_pylist(ROWS).append_column("other", pa.array([{"x": 1}] * 4))
    WRITERS[name](table.select(["other", "label", "text"]), tmp_path / name)
    check(read(tmp_path / name))


@pytest.mark.parametrize("kind", [pa.float16(), pa.float32(), pa.decimal128(5, 2)])
def test_numbers_of_arrow_are_written_as_a_person_would(tmp_path: Path, kind: pa.DataType) -> None:
    labels = pa.array([1.0, 2.5]).cast(pa.float32()).cast(kind)
    write_file(pa.table({"text": ["a", "b"], "label": labels}), tmp_path / "a.arrow")
    assert read(tmp_path / "a.arrow")["label"].to_pylist() == ["1", "2.5"]


@pytest.mark.parametrize("name", WRITERS)
@pytest.mark.parametrize("share", [0.0, 0.5, 0.999])
def test_a_truncated_arrow_file_is_refused(tmp_path: Path, name: str, share: float) -> None:
    WRITERS[name](pa.Table.from_pylist(ROWS * 20), tmp_path / "whole")
    data = (tmp_path / "whole").read_bytes()
    (tmp_path / name).write_bytes(data[: int(len(data) * share)])
    with pytest.raises(DataError, match=r"cut off|can't be read as arrow|empty"):
        read(tmp_path / name)


def test_a_stream_cut_between_batches_is_refused(tmp_path: Path) -> None:
    table = pa.Table.from_pylist(ROWS)
    sink = pa.BufferOutputStream()
    writer = pa.ipc.new_stream(sink, table.schema)
    writer.write_table(table)
    (tmp_path / "a.arrow").write_bytes(sink.getvalue().to_pybytes())  # never closed
    with pytest.raises(DataError, match="cut off"):
        read(tmp_path / "a.arrow")


def test_bad_records_of_arrow_are_set_aside(tmp_path: Path) -> None:
    table = pa.table({"text": ["a", None, "c"], "label": [0, 1, None], "more": [1, 2, 3]})
    write_stream(table, tmp_path / "a.arrow")
    assert read(tmp_path / "a.arrow", on_bad_row="quarantine").num_rows == 1
    found = [(row["row"], row["column"]) for row in quarantined(tmp_path)]
    assert found == [(2, "text"), (3, "label")]
    with pytest.raises(DataError, match="did you mean 'more'"):
        read(tmp_path / "a.arrow", columns=roles(group="mor"))


@pytest.mark.parametrize("write", [write_file, pq.write_table])
def test_class_numbers_of_hugging_face_become_names(
    tmp_path: Path, write: Callable[[pa.Table, Path], None]
) -> None:
    classes = {"names": ["差评", "好评"], "_type": "ClassLabel"}
    features = {"label": classes, "all": {"feature": classes, "_type": "List"}, "old": [classes]}
    table = pa.table(
        {"text": "abc", "label": [1, 0, -1], "all": [[1, 0], [], [1]]} | {"text": list("abc")}
    )
    table = table.append_column("old", table["all"])
    table = table.replace_schema_metadata(
        {"huggingface": json.dumps({"info": {"features": features}})}
    )
    path = tmp_path / ("a.arrow" if write is write_file else "a.parquet")
    write(table, path)
    assert read(path, on_bad_row="quarantine")["label"].to_pylist() == ["好评", "差评"]
    assert quarantined(tmp_path)[0]["reason"] == "the value is missing"
    for name in ("all", "old"):
        table = read(path, columns=roles(label=name), cells="set")
        assert table["label"].to_pylist() == ['["好评", "差评"]', "[]", '["好评"]']
