"""A file read whole and part by part, which has to be the same."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa

from weitiao.io.tables import Reader


def read_both_ways(reader: Reader, path: Path, notes: list[str] | None = None) -> pa.Table:
    """What `Reader.read` gives, and `Reader.stream`, which is the same."""
    streamed: list[str] = []
    table = reader.read(str(path), path.parent / "out.arrow", path.parent / "bad.jsonl", streamed)
    told: list[str] = []
    with reader.inputs({"": str(path)}) as inputs:
        parts = [part.rows for part in reader.stream(inputs[""], 2, told)]
    assert pa.concat_tables(parts).to_pylist() == table.to_pylist()
    assert told == streamed
    if notes is not None:
        notes += told
    return table
