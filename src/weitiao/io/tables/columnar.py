"""Formats of columns: Parquet, and Arrow with its twin Feather, a batch of records at a time."""

import json
from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from weitiao.errors import DataError
from weitiao.io.tables.objects import TRANSLATION
from weitiao.io.tables.source import BLOCK, Chunk, Source

_STREAM_END = b"\xff\xff\xff\xff\0\0\0\0"


def class_names(schema: pa.Schema) -> dict[str, list[str]]:
    """Columns of numbers that stand for names, as `datasets` notes them in the schema."""
    noted = json.loads((schema.metadata or {}).get(b"huggingface", b"{}"))
    found = {}
    for name, feature in (noted.get("info", {}).get("features") or {}).items():
        while isinstance(feature, list | dict) and "names" not in feature:  # lists of classes
            feature = feature[0] if isinstance(feature, list) else feature.get("feature")
        if feature and feature.get("_type") == "ClassLabel":
            found[name] = feature["names"]
    return found


def read_parquet(source: Source) -> Iterator[Chunk]:
    """Apache Parquet; rows are records, counted from 1."""
    import pyarrow.parquet as pq

    first = 1
    for path in source.files:
        with pq.ParquetFile(path) as file:
            schema = file.schema_arrow
            source.positions(_names(schema))
            size = sum(
                file.metadata.row_group(i).total_byte_size for i in range(file.num_row_groups)
            ) // max(1, file.metadata.num_rows)
            batch_size = max(1, min(8192, BLOCK // max(1, size)))
            wanted = [*dict.fromkeys(_holder(schema, n) for n in source.columns.values())]
            batches = file.iter_batches(batch_size, columns=wanted)
            for chunk in _chunks(source, schema, batches, first):
                first = chunk.rows[-1] + 1
                yield chunk


def read_arrow(source: Source) -> Iterator[Chunk]:
    """Arrow IPC, files and streams, and Feather V2; rows are records, counted from 1.

    The files are mapped into memory. Of compressed ones a record batch at a time is unpacked.
    """
    first = 1
    for path in source.files:
        with pa.memory_map(str(path)) as file:
            for chunk in _chunks(source, *_open_arrow(source, path, file), first):
                first = chunk.rows[-1] + 1
                yield chunk


def _open_arrow(
    source: Source, path: Path, file: pa.MemoryMappedFile
) -> tuple[pa.Schema, Iterator[pa.RecordBatch]]:
    """Schema, and record batches of the wanted columns."""
    head = file.read(6)
    file.seek(0)
    if head.startswith(b"FEA1"):
        raise DataError(
            "this is Feather V1, which pandas wrote before 2020",
            file=path,
            hint="write it again: pandas.read_feather(…).to_feather(…)",
        )
    is_file = head == b"ARROW1"
    if not is_file and file.size() >= 8:
        file.seek(file.size() - 8)
        if file.read(8) != _STREAM_END:
            raise DataError("the stream has no end mark: it is cut off", file=path)
        file.seek(0)
    open_any: Any = pa.ipc.open_file if is_file else pa.ipc.open_stream
    schema = open_any(file).schema
    source.positions(_names(schema))
    holders = {_holder(schema, name) for name in source.columns.values()}
    fields = [schema.get_field_index(name) for name in holders]
    file.seek(0)
    reader = open_any(file, options=pa.ipc.IpcReadOptions(included_fields=fields))
    if not is_file:
        return schema, reader
    return schema, (reader.get_batch(i) for i in range(reader.num_record_batches))


def _chunks(
    source: Source, schema: pa.Schema, batches: Iterable[pa.RecordBatch], first: int
) -> Iterator[Chunk]:
    names = list(source.columns.values())
    classes = class_names(schema)
    for batch in batches:
        step = max(1, min(8192, BLOCK * batch.num_rows // max(1, batch.nbytes)))
        for start in range(0, batch.num_rows, step):
            part = batch.slice(start, step)
            columns = [_cells(_column(part, name), classes.get(name)) for name in names]
            rows = list(range(first, first + part.num_rows))
            first += part.num_rows
            yield Chunk(rows, columns, partial(_record, part), [])


def _names(schema: pa.Schema) -> list[str]:
    """The columns, and the languages of a column of translations, as `datasets` has them."""
    place = schema.get_field_index(TRANSLATION)
    if place < 0 or not pa.types.is_struct(kind := schema.field(place).type):
        return list(schema.names)
    languages = (kind.field(i).name for i in range(kind.num_fields))
    return [*schema.names, *(name for name in languages if name not in schema.names)]


def _holder(schema: pa.Schema, name: str) -> str:
    """The column in which a column stands."""
    return name if name in schema.names else TRANSLATION


def _column(batch: pa.RecordBatch, name: str) -> pa.Array:
    if name in batch.schema.names:
        return batch.column(name)
    return pc.struct_field(batch.column(TRANSLATION), name)


def _record(batch: pa.RecordBatch, position: int) -> str:
    return json.dumps(batch.slice(position, 1).to_pylist()[0], ensure_ascii=False, default=str)


def _cells(column: pa.Array, classes: list[str] | None) -> list[Any]:
    if pa.types.is_float16(column.type) or pa.types.is_float32(column.type):
        # 0.1 as a person wrote it, not 0.10000000149
        return [float(str(value)) for value in column.to_numpy(zero_copy_only=False)]
    cells = column.to_pylist()
    return [_named(cell, classes) for cell in cells] if classes else cells


def _named(cell: Any, classes: list[str]) -> Any:
    """The name of a class by its number, -1 being none; of lists, those of their members."""
    if isinstance(cell, list):
        return [_named(member, classes) for member in cell]
    return classes[cell] if isinstance(cell, int) and 0 <= cell < len(classes) else None
