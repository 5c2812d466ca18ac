"""The verb ``retrieve``: an index of a corpus, what answers a query, near-duplicates."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from jsonargparse import Namespace
from rich.console import Console
from rich.table import Table
from rich.text import Text

from weitiao.config.bounds import at_least
from weitiao.config.commands import called
from weitiao.config.field_paths import field_paths
from weitiao.config.own_code import permitted
from weitiao.config.parser import Parser
from weitiao.config.serialization import plain
from weitiao.data.new_rows import table_of_cells
from weitiao.errors import ConfigError, DataError
from weitiao.evaluation.inference import Hardware, TextFile, add_permissions
from weitiao.io.atomic import whole_or_not
from weitiao.io.checkpoint_file import checkpoint_of
from weitiao.io.csv_file import write_rows
from weitiao.retrieval.index import COLUMNS, Index, write_index
from weitiao.retrieval.vectors import Embedder, Side
from weitiao.training.console import show_line

Act = Literal["index", "query", "duplicates"]
ROWS = 4096
"""Of a part: texts of like length share a batch within it."""
LEAST = 0.95
"""Cosine from which on two texts count as nearly the same."""
Row = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class RetrieveFile(TextFile):
    """The texts; of ``index`` those that are to be found, of ``query`` those that ask.

    Args:
        file: file, files or globs, ``hf:NAME#SPLIT`` or a SQL query.
        text: column of the text; null = as in training: the first texts ask, the second ones are
            found.
        on_bad_row: stop at a row that can't be read, or leave it out and count it.
    """

    file: str | list[str] | None = None
    on_bad_row: Literal["raise", "quarantine"] = "raise"

    def changes(self) -> dict[str, Any]:
        """The options of reading that are not the checkpoint's."""
        given = {name: plain(value) for name, value in vars(self).items() if value is not None}
        return {n: v for n, v in given.items() if n not in ("text", "file")} | {
            "database": self.database
        }


def retrieve_parser() -> Parser:
    """The parser of the verb."""
    parser = Parser(prog=called("retrieve"))
    parser.add_argument("act", type=Act, help="index, query, or duplicates.")
    parser.add_argument(
        "--index", type=Path, required=True, help="Folder of the index; `index` makes it."
    )
    parser.add_argument(
        "--ckpt_path", type=Path | None, help="Model that makes vectors: a run, or a checkpoint."
    )
    add_permissions(parser)
    parser.add_argument(
        "--text", type=str, action="append", help="A query; may be given several times."
    )
    parser.add_argument("--top", type=int, default=10, help="Most texts found of each.")
    parser.add_argument(
        "--least",
        type=float | None,
        help="Lowest cosine of what is found; null = any, of duplicates 0.95.",
    )
    parser.add_argument(
        "--out",
        type=Path | None,
        help="File to write: .csv or .jsonl; null = standard output, on a terminal as a table.",
    )
    parser.add_class_arguments(RetrieveFile, "data")
    parser.add_class_arguments(Hardware, "hardware")
    return parser


@field_paths()
@permitted
def run_retrieve(arguments: list[str]) -> None:
    """Make an index, ask one, or look for near-duplicates in it."""
    parser = retrieve_parser()
    options = parser.instantiate(parser.parse_args(arguments))
    _check(options)
    console = Console(stderr=True, highlight=False)
    acts = {"index": _index, "query": _query, "duplicates": _duplicates}
    acts[options.act](options, console)


def _check(options: Namespace) -> None:
    """See to it that an act has what it needs, and nothing that it doesn't look at.

    Raises:
        ConfigError: it is not so.
    """
    at_least(1, top=options.top)
    files, texts = options.data.file is not None, bool(options.text)
    of_act = {
        "index": (("ckpt_path", "data.file"), ("text", "least", "out")),
        "query": (("ckpt_path",), ()),
        "duplicates": ((), ("ckpt_path", "text", "data.file")),
    }
    needed, idle = of_act[options.act]
    given = {name: options[name] for name in ("ckpt_path", "text", "least", "out")}
    given["data.file"] = options.data.file
    kinds = {"ckpt_path": ("a model", "RUN"), "data.file": ("texts", "FILE")}
    for name in needed:
        if given[name] is None:
            what, value = kinds[name]
            raise ConfigError(f"{options.act} needs {what}", hint=f"{{--{name}}} {value}")
    for name in idle:
        if given[name] is not None:
            raise ConfigError(f"has no effect on {options.act}", field=name)
    if options.act == "query" and files == texts:
        problem = "what is asked?" if not files else "either a text or a file asks"
        raise ConfigError(problem, hint="{--text} TEXT, or {--data.file} FILE")
    if options.out is not None and options.out.suffix not in (".csv", ".jsonl"):
        problem = f": {options.out.name} names no format"
        raise ConfigError(problem, field="out", hint="a name that ends in .csv or .jsonl")


def _embedder(options: Namespace) -> Embedder:
    trust = options.trust_remote_code
    path, changes = checkpoint_of(options.ckpt_path), options.data.changes()
    return Embedder(path, changes, options.hardware, trust_remote_code=trust)


# -- acts ------------------------------------------------------------------------------------------


def _index(options: Namespace, console: Console) -> None:
    model = _embedder(options)
    texts = Texts(model, options.data, "pair")
    with console.status("vectors of texts") as status:

        def parts() -> Iterator[tuple[pa.Table, np.ndarray]]:
            for table in texts.parts():
                status.update(f"vectors of texts: {texts.rows:,}")
                yield as_read(table), model.vectors(table, "pair")

        card = write_index(parts(), model.fingerprint(), model.width, options.index)
    texts.tell(console)
    line = f"index of {card.rows:,} texts, {card.width} numbers each: {options.index}"
    console.print(line, markup=False, soft_wrap=True)


def _query(options: Namespace, console: Console) -> None:
    model = _embedder(options)
    index = Index(options.index, model.fingerprint())
    texts = Texts(model, options.data, "text", options.text)
    least = -np.inf if options.least is None else options.least

    def found() -> Iterator[Row]:
        for table in texts.parts():
            near = index.search(model.vectors(table, "text"), options.top)
            asked = zip(table["original"].to_pylist(), near.rows, near.scores, strict=True)
            for query, places, scores in asked:
                kept = (places >= 0) & (scores >= least)
                ranked = zip(scores[kept].tolist(), index.rows(places[kept]), strict=True)
                for rank, (score, row) in enumerate(ranked, 1):
                    yield {"query": query, "rank": rank, "score": round(score, 4), **row}

    _write(found(), options.out)
    texts.tell(console)


def _duplicates(options: Namespace, console: Console) -> None:
    least = LEAST if options.least is None else options.least
    _write(Index(options.index).duplicates(least, options.top), options.out)


# -- in and out ------------------------------------------------------------------------------------


class Texts:
    """Texts that are read part by part, and what is to be told of them.

    Args:
        side: of pairs, the one that the model takes them for.
        given: on the command line; null = they stand in the file.
    """

    def __init__(
        self, model: Embedder, file: RetrieveFile, side: Side, given: list[str] | None = None
    ) -> None:
        self.model, self.named, self.given = model, file.file, given
        columns = {"text": file.text or model.column(side)}
        columns |= {} if file.id is None else {"id": file.id}
        self.reader = replace(model.rows.reader, columns=columns, cells="name")
        self.rows, self.bad, self.empty, self.notes = 0, 0, 0, list[str]()

    def parts(self) -> Iterator[pa.Table]:
        """Cleaned rows beside ``original``, those without text left out.

        Raises:
            DataError: a file or a row is at fault, or no row has a text.
        """
        for table in self._read():
            table = self.model.rows.cleaned(table)
            there = pc.greater(pc.utf8_length(pc.utf8_trim_whitespace(table["text"])), 0)
            kept = table.filter(there)
            self.rows += len(kept)
            self.empty += len(table) - len(kept)
            if len(kept):
                yield kept
        if not self.rows:
            raise DataError("no row has a text", file=str(self.named or "--text"))

    def _read(self) -> Iterator[pa.Table]:
        if self.given is not None:
            yield table_of_cells({"text": self.given})
            return
        assert self.named is not None
        with self.reader.inputs({"": self.named}) as inputs:
            for part in self.reader.stream(inputs[""], ROWS, self.notes):
                self.bad += len(part.bad)
                yield part.rows

    def tell(self, console: Console) -> None:
        """Say what was left out."""
        for note in self.notes:
            show_line(f"! {note}", console)
        for count, what in ((self.bad, "could not be read"), (self.empty, "have no text")):
            if count:
                show_line(f"! {count:,} rows {what}, and were left out", console)


def as_read(table: pa.Table) -> pa.Table:
    """What an index keeps of rows: the text as it stood in the file."""
    known = {name: table["original" if name == "text" else name] for name in COLUMNS}
    return pa.Table.from_pydict(known | {"file": pc.cast(known["file"], pa.string())})


def _write(rows: Iterable[Row], out: Path | None) -> None:
    """Write rows to a file, whole or not, or on standard output."""
    if out is not None:
        with whole_or_not(out) as part, part.open("w", newline="", encoding="utf-8") as file:
            for number, row in enumerate(rows):
                if out.suffix == ".csv":
                    write_rows(file, [row.keys(), row.values()] if number == 0 else [row.values()])
                else:
                    file.write(json.dumps(row, ensure_ascii=False) + "\n")
        return
    if sys.stdout.isatty():
        _print(rows)
        return
    for row in rows:
        print(json.dumps(row, ensure_ascii=False))


def _print(rows: Iterable[Row]) -> None:
    """A table for a person."""
    table = Table("score", "text", "file", "row")
    query = None
    for row in rows:
        first = row.get("query", row["text"] if "other_text" in row else None)
        if first != query:
            table.add_section()
            table.add_row("", Text(str(first), style="bold"))
            query = first
        other = "other_" if "other_text" in row else ""
        cells = (row[f"{other}{name}"] for name in ("text", "file", "row"))
        table.add_row(f"{row['score']:.3f}", *(Text(str(cell)) for cell in cells))
    Console(highlight=False).print(table)
