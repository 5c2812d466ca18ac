"""From files in any format and encoding to one Arrow table of strings."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, Any, Literal, get_args

import numpy as np
import pyarrow as pa

from weitiao.data.read.cells import SeenIds, as_array, shown, undecodable
from weitiao.data.read.encoding import is_really_utf8, resolve
from weitiao.data.read.files import Files, expand, whole_or_not
from weitiao.data.read.formats import read_chunks
from weitiao.data.read.source import BadRow, Chunk, FileFormat, Source
from weitiao.errors import ConfigError, DataError

Format = Literal["auto", "csv", "tsv", "jsonl", "parquet", "xlsx", "lines"]
_OTHER_ENCODING = "the file mixes encodings, or is in another one: --data.encoding NAME"
_ROLES = ("text", "pair", "label", "group")
_SUFFIXES: dict[str, FileFormat] = {
    ".csv": "csv",
    ".tsv": "tsv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".parquet": "parquet",
    ".xlsx": "xlsx",
}


@dataclass(frozen=True)
class Columns:
    """What the columns are called in the file.

    Args:
        text: the text.
        pair: the second text of a pair; null = none.
        label: the label; null = the rows have none.
        group: what must not be torn apart by a split, such as an author; null = none.
        id: a name for each row, unique over all files; null = rows are numbered from 0.
    """

    text: str = "text"
    pair: str | None = None
    label: str | None = "label"
    group: str | None = None
    id: str | None = None

    def wanted(self) -> dict[str, str]:
        """Role → column, of those that are read."""
        return {role: name for role, name in vars(self).items() if name is not None}


@dataclass(frozen=True)
class Reader:
    """Read files into a table of strings, whatever their format and encoding.

    Args:
        columns: what the columns are called in the files. In the format "lines" they are
            ``label`` and ``text``.
        format: "auto" goes by the suffix (.csv, .tsv, .jsonl, .ndjson, .parquet, .xlsx). CSV is
            quoted after RFC 4180; TSV knows no quoting; "lines" are ``label text``, split at the
            first white space.
        encoding: "auto" finds it out file by file; or the name of a Python codec.
        header: whether the first row of CSV, TSV and XLSX names the columns; if not, they are
            called 0, 1, …
        on_bad_row: stop at the first bad row, or set bad rows aside with their reasons. Bad is a
            row that can't be taken apart or decoded, that lacks a wanted column, whose label,
            group or id is empty, or whose id came before. An empty text is not bad.
        label_sets: whether a label cell may hold several labels: a list of strings is taken as
            JSON text, and an empty cell or list is the empty set.
    """

    columns: Columns = Columns()
    format: Format = "auto"
    encoding: str = "auto"
    header: bool = True
    on_bad_row: Literal["raise", "quarantine"] = "raise"
    label_sets: bool = False

    def without_labels(self) -> Reader:
        """The same reader for rows to predict: neither label nor group is wanted."""
        return replace(self, columns=replace(self.columns, label=None, group=None))

    def read(self, files: Files, out: Path, quarantine: Path | None = None) -> pa.Table:
        """Stream `files` into the Arrow file `out`, and map it into memory.

        Args:
            files: a path or glob, or a list of them.
            out: written beside and renamed, so it is whole or not there.
            quarantine: gets the bad rows as JSON Lines of file, row, column, reason, raw;
                by default it lies beside `out`. With ``on_bad_row: raise`` it is not written.

        Returns:
            A table of strings: ``id``, ``text``, ``pair``, ``label``, ``group`` (the last three
            where wanted), ``file`` (dictionary-encoded) and ``row`` (int64: the line where the
            row starts, the sheet row, or the number of the Parquet record; from 1). Numbers are
            written as a person would, 1 for 1.0, and truth values as true and false. Labels,
            groups and ids are stripped.

        Raises:
            DataError: a file or, with ``on_bad_row: raise``, a row is at fault; or no row is left.
            ConfigError: the encoding is unknown.
        """
        paths = expand(files)
        out.parent.mkdir(parents=True, exist_ok=True)
        with ExitStack() as stack:
            aside: IO[str] | None = None
            if self.on_bad_row == "quarantine":
                target = quarantine or out.with_suffix(".quarantine.jsonl")
                part = stack.enter_context(whole_or_not(target))
                aside = stack.enter_context(part.open("w", encoding="utf-8"))
            part = stack.enter_context(whole_or_not(out))
            reading = _Reading(self.columns.wanted(), paths, aside, self.label_sets)
            with pa.OSFile(str(part), "wb") as sink, pa.ipc.new_file(sink, reading.schema) as file:
                for path in paths:
                    for batch in reading.batches(self._source(path)):
                        file.write_batch(batch)
            if reading.kept == 0:
                raise DataError(
                    f"all of the {reading.total} rows are bad", file=paths[-1], hint=reading.first
                )
        return pa.ipc.open_file(pa.memory_map(str(out))).read_all()

    def _source(self, path: Path) -> Source:
        kind = self.format if self.format != "auto" else _SUFFIXES.get(path.suffix.lower())
        if kind is None:
            raise DataError(
                f"the suffix {path.suffix!r} doesn't tell the format",
                file=path,
                hint=f"name it: --data.format {', '.join(get_args(FileFormat)[:-1])} or lines",
            )
        is_text = kind not in ("parquet", "xlsx")
        if not is_text and self.encoding != "auto":
            raise ConfigError(f"data.encoding has no effect on {kind}: {path}")
        if not self.header and kind not in ("csv", "tsv", "xlsx"):
            raise ConfigError(f"data.header has no effect on {kind}: {path}")
        encoding = resolve(path, self.encoding) if is_text else ""
        return Source(path, kind, encoding, self.header, self.columns.wanted())


class _Reading:
    """One read over all files: what is kept, set aside, and must be known from row to row.

    Args:
        wanted: role → column.
        paths: the files, in order.
        aside: where bad rows go; None: the first one raises.
        label_sets: as `Reader` has it.
    """

    def __init__(
        self, wanted: dict[str, str], paths: list[Path], aside: IO[str] | None, label_sets: bool
    ) -> None:
        self.total = self.kept = 0
        self._sets = {"label"} if label_sets else set()
        self._aside, self._seen = aside, SeenIds()
        self._paths = pa.array(map(str, paths), pa.string())
        self.first: str | None = None
        roles = ["id", *(role for role in _ROLES if role in wanted)]
        self.schema = pa.schema(
            [
                *(pa.field(role, pa.string()) for role in roles),
                pa.field("file", pa.dictionary(pa.int32(), pa.string())),
                pa.field("row", pa.int64()),
            ]
        )

    def batches(self, source: Source) -> Iterator[pa.RecordBatch]:
        """The good rows of a file."""
        before, broken = self.total, 0
        for chunk in read_chunks(source):
            arrays, faults = _check(source, chunk, self._sets)
            if "id" in arrays:
                self._find_repeats(source, chunk, arrays["id"], faults)
            bad = sorted([*chunk.bad, *faults.values()], key=lambda fault: fault.row)
            broken += sum(fault.undecodable for fault in bad)
            self._set_aside(source.path, bad)
            if chunk.rows:
                yield self._batch(source, chunk, arrays, faults)
            self.total += len(chunk.rows) + len(chunk.bad)
        if self.total == before:
            raise DataError("the file holds no row", file=source.path)
        if broken > (self.total - before) / 2:
            raise DataError(
                f"{broken} of {self.total - before} rows are not {source.encoding}",
                file=source.path,
                hint="name the encoding: --data.encoding NAME (or auto)",
            )

    def _batch(
        self, source: Source, chunk: Chunk, arrays: dict[str, pa.Array], faults: dict[int, BadRow]
    ) -> pa.RecordBatch:
        if "id" not in arrays:
            arrays["id"] = self._numbers(chunk)
        index = self._paths.index(str(source.path)).as_py()
        indices = pa.array(np.full(len(chunk.rows), index, np.int32))
        arrays["file"] = pa.DictionaryArray.from_arrays(indices, self._paths)
        arrays["row"] = pa.array(chunk.rows, pa.int64())
        batch = pa.RecordBatch.from_arrays(
            [arrays[n] for n in self.schema.names], schema=self.schema
        )
        if faults:
            batch = batch.filter(pa.array([i not in faults for i in range(len(chunk.rows))]))
        self.kept += batch.num_rows
        return batch

    def _numbers(self, chunk: Chunk) -> pa.Array:
        """Running numbers; bad rows count too, so that mending them leaves other ids alone."""
        numbers: Iterable[int] = range(self.total, self.total + len(chunk.rows))
        if chunk.bad:
            starts = sorted([*chunk.rows, *(fault.row for fault in chunk.bad)])
            number_of = dict(zip(starts, range(self.total, self.total + len(starts)), strict=True))
            numbers = (number_of[row] for row in chunk.rows)
        return pa.array(list(map(str, numbers)), pa.string())

    def _find_repeats(
        self, source: Source, chunk: Chunk, ids: pa.Array, faults: dict[int, BadRow]
    ) -> None:
        good = [i for i in range(len(chunk.rows)) if i not in faults]
        names = ids.to_pylist()
        for repeat in self._seen.repeats([names[i] for i in good]):
            i = good[repeat]
            faults[i] = BadRow(
                chunk.rows[i],
                "this id came before",
                chunk.raw(i),
                column=source.wanted["id"],
                value=names[i],
                hint="ids must be unique over all files",
            )

    def _set_aside(self, path: Path, bad: list[BadRow]) -> None:
        for fault in bad:
            if self._aside is None:
                way_out = "--data.on_bad_row quarantine sets bad rows aside"
                hint = f"{fault.hint}; {way_out}" if fault.hint else way_out
                raise replace(fault, hint=hint).error(path)
            self.first = self.first or str(fault.error(path))
            record = {
                "file": str(path),
                "row": fault.row,
                "column": fault.column,
                "reason": fault.reason,
                "raw": shown(fault.raw),
            }
            self._aside.write(json.dumps(record, ensure_ascii=False) + "\n")


def _check(
    source: Source, chunk: Chunk, sets: set[str]
) -> tuple[dict[str, pa.Array], dict[int, BadRow]]:
    """The columns as strings by role, and the first fault of each row by its position."""
    arrays: dict[str, pa.Array] = {}
    faults: dict[int, BadRow] = {}
    for (role, column), values in zip(source.wanted.items(), chunk.columns, strict=True):
        arrays[role], reasons = as_array(
            values, filled=role in ("label", "group", "id"), sets=role in sets
        )
        garbled = _garbled(values, reasons, source.encoding)
        for i, reason in (reasons | garbled).items():
            fault = BadRow(
                chunk.rows[i],
                reason,
                chunk.raw(i),
                column=column,
                value=shown(values[i]),
                hint=_OTHER_ENCODING if i in garbled else None,
                undecodable=i in garbled,
            )
            faults.setdefault(i, fault)
    return arrays, faults


def _garbled(values: list[Any], faulty: Iterable[int], encoding: str) -> dict[int, str]:
    """The cells that stand in another encoding than the file, and what is wrong with them."""
    garbled = {i: f"these bytes are not {encoding}" for i in faulty if undecodable(values[i])}
    if encoding and not encoding.lower().startswith("utf"):
        for i, value in enumerate(values):
            if isinstance(value, str) and is_really_utf8(value, encoding):
                garbled[i] = f"these bytes are UTF-8, not {encoding}"
    return garbled
