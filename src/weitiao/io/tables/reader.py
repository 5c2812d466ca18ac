"""From files in any format and encoding to one Arrow table of strings."""

from __future__ import annotations

import json
import os
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import IO, Any, NamedTuple

import pyarrow as pa

from weitiao.errors import ConfigError, DataError
from weitiao.io.arrow import map_table
from weitiao.io.atomic import whole_or_not
from weitiao.io.tables.beir import files_of
from weitiao.io.tables.cells import Cells
from weitiao.io.tables.database import fetch, queries, refuse_secrets
from weitiao.io.tables.encoding import resolve
from weitiao.io.tables.files import Named, SourceFiles, expand, inputs_of, is_dataset, is_query
from weitiao.io.tables.formats import BINARY, ENCODED, OF_SPANS, ONLY_FOR, by_content, format_of
from weitiao.io.tables.huggingface import split_files
from weitiao.io.tables.opened import Opener
from weitiao.io.tables.options import ReadOptions
from weitiao.io.tables.positive_cells import NEGATIVES
from weitiao.io.tables.rows import Reading, count_before
from weitiao.io.tables.source import Source
from weitiao.io.tables.unpack import COMPRESSED


class RowsAndBad(NamedTuple):
    """Some successive rows.

    Args:
        rows: the good ones.
        bad: file, row, column, reason, raw of each that is set aside.
    """

    rows: pa.Table
    bad: list[dict[str, Any]]


@dataclass(frozen=True)
class Reader(ReadOptions):
    """Read files into a table of strings, whatever their format and encoding.

    Args:
        columns: role → what the column is called in the files, in the order of the table that
            comes of it; of the roles, ``id``, ``label`` and ``group`` are names (`NAMES`). In the
            format "lines" the columns are ``label`` and ``text``.
        cells: what a label cell holds. ``name``: one value; ``text``: one text. ``set``: several
            labels; a list of strings is JSON text, an empty cell or list the empty set. ``spans``:
            spans of the text, given in any form of docs/data.md; the text may be given as tokens.
            In the table they are JSON: ``[[start, end, "TYPE"], …]``, by code points of ``text``,
            ends exclusive, sorted, each once. ``answers``: those to the question ``pair``, in any
            form of docs/data.md, SQuAD's and MRQA's files among them. In the table they are JSON:
            ``[[begin, end, "text"], …]``, likewise, in the order of the file, each once; -1 and -1
            of one that stands nowhere in ``text``. ``choice``: which of the row's options, of the
            column ``pair``, is right, in any form of docs/choice.md. In the table it is their
            letter, and ``pair`` their texts as JSON, ``["…", …]``; so it is without labels, too.
            ``reply``: the last answer of a conversation, in any form of docs/data.md; it may stand
            in the column of the text itself. In the table it is a plain text, and so is ``text``
            where that is all that a user says; else it is JSON of what comes before the answer,
            ``[{"role": …, "content": …}, …]``, so without labels, too.
            ``positives``: there is none; a list of texts as ``pair`` makes a row of each, and
            ``negatives``, of one column or several, are in the table a JSON list of texts.
        opener: of files that ``text`` names, pictures or sounds: rows whose file can't be used are
            bad, and the others get its columns; null = cells are what is read.
    """

    columns: Mapping[str, str] = field(default_factory=lambda: {"text": "text", "label": "label"})
    cells: Cells = "name"
    opener: Opener | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.database is not None:
            refuse_secrets(self.database)
        read = [column for role, column in self.columns.items() if role not in ("id", "group")]
        if len(set(read)) < len(read):
            first, *others = (role for role in self.columns if role not in ("id", "group"))
            raise ConfigError(f", {', '.join(others)} must be different columns", field=first)
        if self.broken_tags != "mend" and self.cells != "spans":
            raise ConfigError("has an effect on tags of tokens only", field="broken_tags")
        if self.cells == "spans" and "text" not in self.columns:
            raise ConfigError(": spans stand in a text, and none is read", field="input")
        if self.misplaced_answers != "move" and self.cells != "answers":
            raise ConfigError("has an effect on answers only", field="misplaced_answers")
        if NEGATIVES in self.columns and (self.cells != "positives" or "label" in self.columns):
            problem = "go with pairs that belong together"
            raise ConfigError(problem, field=NEGATIVES, hint="{--task} retrieval")
        if self.first_option != "auto" and self.cells != "choice":
            raise ConfigError("has an effect on options only", field="first_option")
        if self.roles is not None and self.cells != "reply":
            raise ConfigError("has an effect on conversations only", field="roles")
        if self.cells == "choice" and "pair" not in self.columns:
            problem = "is needed: it is the column of the options"
            raise ConfigError(problem, field="pair", hint="{--pair} options")
        if self.cells == "answers" and not {"text", "pair"} <= self.columns.keys():
            problem = "is needed: it is the column of the questions"
            raise ConfigError(problem, field="pair", hint="{--pair} question")

    def without_labels(self) -> Reader:
        """The same reader for rows to predict: no group is wanted, nor what belongs to a label."""
        return self.without("label", "rejected", "good", "group", NEGATIVES)

    def without(self, *roles: str) -> Reader:
        """The same reader where columns aren't wanted whose roles begin so."""
        others = {role: n for role, n in self.columns.items() if not role.startswith(roles)}
        return replace(self, columns=others)

    @contextmanager
    def inputs(
        self, named: Mapping[str, Named], folder: Path | None = None
    ) -> Iterator[dict[str, list[SourceFiles]]]:
        """What is named for each split, as files on this machine.

        Args:
            named: paths, globs, data sets, queries; what was found before is given back.
            folder: rows of queries lie here until the block ends; null = a temporary folder.

        Raises:
            DataError: a file is missing, a data set or the rows of a query can't be got.
            ConfigError: likewise, where the fault is in the options.
        """
        with ExitStack() as stack:
            yield {split: self._find(those, folder, stack) for split, those in named.items()}

    def _find(self, named: Named, folder: Path | None, stack: ExitStack) -> list[SourceFiles]:
        found = [each for each in named if isinstance(each, SourceFiles)]
        names = [named] if isinstance(named, str) else [n for n in named if isinstance(n, str)]
        if not found:
            expand(names, folders=self.opener is not None)
        for name in names:
            if is_dataset(name):
                files = split_files(name)
                of_parquet = {path.suffix for path in files} == {".parquet"}
                found.append(SourceFiles(name, files, "parquet" if of_parquet else "arrow"))
            elif is_query(name):
                found += [stack.enter_context(self._fetched(*q, folder)) for q in queries(name)]
            else:
                found += map(self._with_labels, inputs_of(name))
        for name, count in Counter(each.name for each in found).items():
            if count > 1:
                raise DataError("this is named twice", file=name)
        return found

    def _with_labels(self, given: SourceFiles) -> SourceFiles:
        """The file, and what stands beside it of labels."""
        path = given.files[0]
        if self.format == "beir":
            return replace(given, files=files_of(path))
        beside = path.with_suffix(".ann")
        labelled = self.format == "brat" and "label" in self.columns and beside.is_file()
        return replace(given, files=(path, beside)) if labelled else given

    @contextmanager
    def _fetched(self, name: str, query: str, folder: Path | None) -> Iterator[SourceFiles]:
        if folder:
            folder.mkdir(parents=True, exist_ok=True)
            if not os.access(folder, os.W_OK):  # a cache to read may hold what comes of the rows
                folder = None
        with tempfile.TemporaryDirectory(dir=folder, prefix="query-") as place:
            rows = SourceFiles(name, (Path(place) / "rows.jsonl",), "jsonl")
            fetch(self.source(rows), query, self.database)
            yield rows

    def read(
        self,
        files: Named,
        out: Path,
        quarantine: Path | None = None,
        notes: list[str] | None = None,
    ) -> pa.Table:
        """Stream `files` into the Arrow file `out`, and map it into memory.

        Args:
            files: paths, globs, data sets, queries, or what :meth:`inputs` made of them.
            out: written beside and renamed, so it is whole or not there.
            quarantine: gets the bad rows as JSON Lines of file, row, column, reason, raw;
                by default it lies beside `out`. With ``on_bad_row: raise`` it is not written.
            notes: gets a line for each thing that a person should know, though no row is bad.

        Returns:
            A table of strings: ``id``, the other roles that are wanted, ``file``
            (dictionary-encoded) and ``row`` (int64: the line where the row starts, the sheet row,
            or the number of the record; from 1). Numbers are written as a person would, 1 for 1.0,
            and truth values as true and false. Labels, groups and ids are stripped.

        Raises:
            DataError: a file or, with ``on_bad_row: raise``, a row is at fault; or no row is left.
            ConfigError: the encoding is unknown.
        """
        out.parent.mkdir(parents=True, exist_ok=True)
        with ExitStack() as stack:
            inputs = stack.enter_context(self.inputs({"": files}, out.parent))[""]
            names = [each.name for each in inputs]
            aside: Callable[[dict[str, Any]], object] | None = None
            if self.on_bad_row == "quarantine":
                target = quarantine or out.with_suffix(".quarantine.jsonl")
                part = stack.enter_context(whole_or_not(target))
                bad = stack.enter_context(part.open("w", encoding="utf-8"))
                aside = partial(_write_line, bad)
            part = stack.enter_context(whole_or_not(out))
            reading = Reading(dict(self.columns), names, aside, self.opener)
            with pa.OSFile(str(part), "wb") as sink, pa.ipc.new_file(sink, reading.schema) as file:
                for batch in reading.batches(map(self.source, inputs)):
                    file.write_batch(batch)
            if notes is not None:
                notes += reading.notes()
        return map_table(out)

    def stream(
        self, inputs: Sequence[SourceFiles], rows: int, notes: list[str] | None = None
    ) -> Iterator[RowsAndBad]:
        """Read inputs in parts that need little memory, the same ones each time.

        Args:
            inputs: as :meth:`inputs` made them.
            rows: most good rows of a part.
            notes: gets at the end a line for each thing that a person should know.

        Yields:
            Some rows, as of :meth:`read`, and the bad ones that stand between them or before.

        Raises:
            DataError: as of :meth:`read`.
        """
        bad: list[dict[str, Any]] = []
        aside = bad.append if self.on_bad_row == "quarantine" else None
        names = [each.name for each in inputs]
        reading = Reading(dict(self.columns), names, aside, self.opener)
        held: RowsAndBad | None = None  # bad rows may follow the last good one
        for batch in reading.batches(map(self.source, inputs)):
            for start in range(0, len(batch), rows):
                part = batch.slice(start, rows)
                before = count_before(bad, batch, start + rows)
                if held:
                    yield held
                held = RowsAndBad(pa.Table.from_batches([part]), bad[:before])
                del bad[:before]
        assert held is not None  # where there is no good row, `batches` raises
        yield held._replace(bad=[*held.bad, *bad])
        if notes is not None:
            notes += reading.notes()

    def source(self, given: SourceFiles) -> Source:
        """What is read of one input: its columns, format and encoding.

        Raises:
            DataError: the file can't be of its format, or its encoding can't be told.
            ConfigError: the encoding is unknown, or an option has no effect on this format.
        """
        wanted = dict(self.columns)
        if given.format is not None:
            idle = ["header", "separator", "sheet"]
            idle += [] if given.format == "moses" else ["encoding"]
            idle += [] if given.format == self.format in ("moses", "folder") else ["format"]
            for option in idle:
                self._refuse_idle(option, given.name)
            encoding = "utf-8" if given.format == "jsonl" else ""
            return Source(given.name, given.files, given.format, encoding, wanted, self, self.cells)
        path = given.files[0]
        kind = self.format if self.format != "auto" else format_of(path)
        if kind in BINARY and path.suffix.lower() in COMPRESSED:
            raise DataError(f"a {kind} file within a packed one", file=path, hint="unpack it")
        if kind in ENCODED:
            self._refuse_idle("encoding", f"{kind}: {path}")
        for option, kinds in ONLY_FOR.items():
            if kind not in kinds:
                self._refuse_idle(option, f"{kind}: {path}")
        if kind in OF_SPANS and "label" in self.columns and self.cells != "spans":
            problem = f"{kind} gives spans of a text, not a label of it"
            raise DataError(problem, file=path, hint="{--task} tags; {--target} Spans")
        encoding = "" if kind in ENCODED else resolve(path, self.encoding)
        source = Source(given.name, given.files, kind, encoding, wanted, self, self.cells)
        if self.cells in ("answers", "choice", "reply") and self.format == "auto":
            source = replace(source, format=by_content(source))
        if self.encoding == "auto" and encoding and not encoding.startswith("utf-8"):
            source.notes.facts.append(f"the file isn't in UTF-8, and is read as {encoding}")
        return source

    def _refuse_idle(self, option: str, on: str) -> None:
        if getattr(self, option) != getattr(Reader, option):
            raise ConfigError(f"has no effect on {on}", field=option)


def _write_line(file: IO[str], record: dict[str, Any]) -> None:
    file.write(json.dumps(record, ensure_ascii=False) + "\n")
