"""From the chunks of a file to batches of good rows; the bad ones are reported or set aside."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa

from weitiao.errors import DataError, WeitiaoError
from weitiao.io.tables import aligned, beir, brat, columnar, conll, document, textual, tmx, workbook
from weitiao.io.tables.answer_cells import AnswerCells
from weitiao.io.tables.cells import Cells, NoValue, SeenIds, as_array, shown
from weitiao.io.tables.choice_cells import ChoiceCells
from weitiao.io.tables.encoding import ANOTHER, garbled
from weitiao.io.tables.folders import read_folder
from weitiao.io.tables.opened import Opener, open_files
from weitiao.io.tables.options import FileFormat
from weitiao.io.tables.positive_cells import PositiveCells, merged_roles
from weitiao.io.tables.quotes import QuotedCells
from weitiao.io.tables.reply_cells import ReplyCells
from weitiao.io.tables.source import NUMBERED, BadRow, Chunk, Source
from weitiao.io.tables.span_cells import SpanCells
from weitiao.io.tables.spelling import is_placeholder, tidy

NAMES = ("label", "group", "id")
"""Roles whose cells are names: stripped, and never empty."""
_READERS: dict[FileFormat, Callable[[Source], Iterator[Chunk]]] = {
    "csv": textual.read_cells,
    "tsv": textual.read_cells,
    "jsonl": textual.read_jsonl,
    "lines": textual.read_lines,
    "json": document.read_json,
    "parquet": columnar.read_parquet,
    "arrow": columnar.read_arrow,
    "xlsx": workbook.read_xlsx,
    "conll": conll.read_conll,
    "brat": brat.read_brat,
    "beir": beir.read_beir,
    "tmx": tmx.read_tmx,
    "moses": aligned.read_aligned,
    "folder": read_folder,
}


def _chunks(source: Source) -> Iterator[Chunk]:
    """The rows of a file, in order, in chunks that need little memory.

    Blank lines and blank sheet rows are not rows. Bytes that the encoding can't decode stand in
    the cells as lone surrogates (U+DC00 + byte).

    Raises:
        DataError: the file as a whole can't be read, or a wanted column is missing.
    """
    try:
        yield from _READERS[source.format](source)
    except WeitiaoError:
        raise
    except Exception as error:  # foreign readers raise whatever they like
        raise DataError(f"can't be read as {source.format}: {error}", file=source.name) from error


_LabelCells = SpanCells | AnswerCells | ChoiceCells | ReplyCells | PositiveCells
_FORMS: dict[Cells, Callable[[Source], _LabelCells]] = {
    "spans": SpanCells,
    "answers": AnswerCells,
    "choice": lambda source: ChoiceCells(source, _chunks),
    "reply": ReplyCells,
    "positives": PositiveCells,
}
"""What reads cells that say something of each other."""


class Reading:
    """One read over all files: what is kept, set aside, and must be known from row to row.

    Args:
        wanted: role → column.
        names: what the sources of rows are called, in order.
        aside: takes the bad rows; None: the first one raises.
        opener: opens the files that rows name; null = they name none.
    """

    def __init__(
        self,
        wanted: dict[str, str],
        names: list[str],
        aside: Callable[[dict[str, Any]], object] | None,
        opener: Opener | None = None,
    ) -> None:
        self.total = self.kept = 0
        self._opener = opener
        self._aside, self._seen = aside, SeenIds()
        self._names = pa.array(names, pa.string())
        self.first: DataError | None = None
        self._noted: dict[str, list[str]] = {}  # note → names of the sources that it is true of
        self._totals: Counter[str] = Counter()
        roles = ["id", *(role for role in merged_roles(wanted) if role != "id")]
        self.schema = pa.schema(
            [
                *(pa.field(role, pa.string()) for role in roles),
                *(pa.field(*column) for column in (opener.columns if opener else {}).items()),
                pa.field("file", pa.dictionary(pa.int32(), pa.string())),
                pa.field("row", pa.int64()),
            ]
        )

    def batches(self, sources: Iterable[Source]) -> Iterator[pa.RecordBatch]:
        """The good rows of all files.

        Raises:
            DataError: there is none.
        """
        for source in sources:
            yield from self.of_source(source)
        if self.kept == 0:
            problem = f"all of the {self.total} rows are bad"
            first = self.first and (self.first.described(), self.first.hint)
            hint = "\n  → ".join(filter(None, first or ()))
            raise DataError(problem, file=self._names[-1].as_py(), hint=hint)

    def of_source(self, source: Source) -> Iterator[pa.RecordBatch]:
        """The good rows of a file."""
        before, broken, quotes = self.total, 0, QuotedCells(source)
        label_cells = _FORMS[source.cells](source) if source.cells in _FORMS else None
        for chunk in _chunks(source):
            chunk, unfit = label_cells.written(chunk) if label_cells else (chunk, {})
            arrays, faults = _check(source, chunk)
            for i, fault in unfit.items():
                if i not in faults or not faults[i].undecodable:
                    faults[i] = fault
            if self._opener is not None:
                open_files(self._opener, source, chunk, arrays, faults)
            if "id" in arrays:
                self._find_repeats(source, chunk, arrays["id"], faults)
            bad = sorted([*chunk.bad, *faults.values()], key=lambda fault: fault.row)
            broken += sum(fault.undecodable for fault in bad)
            self._set_aside(source.name, bad)
            if chunk.rows:
                quotes.see(arrays)
                yield self._batch(source, chunk, arrays, faults)
            self.total += len(chunk.rows) + len(chunk.bad)
        if self.total == before:
            raise DataError("the file holds no row", file=source.name)
        if broken > (self.total - before) / 2:
            raise DataError(
                f"{broken} of {self.total - before} rows are not {source.encoding or 'text'}",
                file=source.name,
                hint="name the encoding: {--encoding} NAME (or auto)",
            )
        quotes.note()
        if label_cells:
            label_cells.note()
        self._totals += source.notes.totals
        for note in [*source.notes.lines(), *source.notes.totals]:
            self._noted.setdefault(note, []).append(source.name)

    def notes(self) -> Iterator[str]:
        """What a person should know of the sources; what is true of many is said once."""
        for note, names in self._noted.items():
            more = f" and {len(names) - 1} more" if len(names) > 1 else ""
            total = f": {self._totals[note]:,}" if note in self._totals else ""
            yield f"{names[0]}{more}: {note}{total}"

    def _batch(
        self, source: Source, chunk: Chunk, arrays: dict[str, pa.Array], faults: dict[int, BadRow]
    ) -> pa.RecordBatch:
        if "id" not in arrays:
            arrays["id"] = self._numbers(chunk)
        index = self._names.index(source.name).as_py()
        indices = pa.array(np.full(len(chunk.rows), index, np.int32))
        arrays["file"] = pa.DictionaryArray.from_arrays(indices, self._names)
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
        bad = np.sort([fault.row for fault in chunk.bad])
        numbers = np.arange(len(chunk.rows)) + np.searchsorted(bad, chunk.rows) + self.total
        return pa.array(list(map(str, numbers.tolist())), pa.string())

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
                hint=f"ids must be unique over all files; {NUMBERED}",
            )

    def _set_aside(self, name: str, bad: list[BadRow]) -> None:
        for fault in bad:
            if self._aside is None:
                way_out = "{--on_bad_row} quarantine sets bad rows aside"
                hint = f"{fault.hint}; {way_out}" if fault.hint else way_out
                raise replace(fault, hint=hint).error(name)
            self.first = self.first or fault.error(name)
            record = {
                "file": name,
                "row": fault.row,
                "column": fault.column,
                "reason": fault.reason,
                "raw": shown(fault.raw),
            }
            self._aside(record)


def _check(source: Source, chunk: Chunk) -> tuple[dict[str, pa.Array], dict[int, BadRow]]:
    """The columns as strings by role, and the first fault of each row by its position."""
    names = _names(source)
    arrays: dict[str, pa.Array] = {}
    faults: dict[int, BadRow] = {}
    for role, values in zip(merged_roles(source.wanted), chunk.columns, strict=True):
        column = source.called(role)
        values = _tidied(source, role, values) if role in names else values
        sets = role == "label" and source.cells == "set"
        arrays[role], reasons = as_array(values, filled=role in names, sets=sets)
        reasons |= _placeholders(source, role, values) if role in names else {}
        found = garbled(values, reasons, source.encoding)
        for i, reason in (reasons | found).items():
            empty = isinstance(values[i], NoValue)
            fault = BadRow(
                chunk.rows[i],
                reason,
                chunk.raw(i),
                column=column,
                value=None if empty else shown(values[i]),
                hint=ANOTHER if i in found else values[i].hint if empty else None,
                undecodable=i in found,
            )
            faults.setdefault(i, fault)
    return arrays, faults


def _names(source: Source) -> set[str]:
    """The roles whose cells are names: no label that was read as spans or answers is one, nor is a
    group that is the text itself, as of several questions about one."""
    is_name = source.cells not in _FORMS or source.cells == "positives"  # that of a class
    names = set(NAMES) - (set() if is_name else {"label"})
    is_text = source.wanted.get("group") == source.wanted.get("text")
    return names - {"group"} if is_text else names


def _tidied(source: Source, role: str, values: list[Any]) -> list[Any]:
    """The cells of a column of names without invisible characters, composed; noted if any changed.

    White space around a name goes without a note.
    """
    texts = [value for value in values if isinstance(value, str)]
    joined = "".join(texts)
    if joined.isascii() and joined.isprintable():
        return values
    found = [tidy(value) if isinstance(value, str) else value for value in values]
    changed = sum(
        isinstance(value, str) and value.strip() != name
        for value, name in zip(values, found, strict=True)
    )
    if changed:
        what = f"{role}s freed of invisible characters, or composed (NFC)"
        source.notes.counts[what] += changed
    return found


def _placeholders(source: Source, role: str, values: list[Any]) -> dict[int, str]:
    """By position, the labels and groups that stand for a missing value, where those are bad."""
    if role == "id" or source.options.placeholders == "keep":
        return {}
    return {
        i: "this stands for a missing value"
        for i, value in enumerate(values)
        if isinstance(value, str) and is_placeholder(value)
    }


def count_before(bad: Sequence[Mapping[str, Any]], batch: pa.RecordBatch, end: int) -> int:
    """How many of the bad rows, in order, stand before a row of a batch of one file."""
    if end >= len(batch):
        return len(bad)
    file, row = batch["file"][end].as_py(), batch["row"][end].as_py()
    return sum(each["file"] != file or each["row"] < row for each in bad)
