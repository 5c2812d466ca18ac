"""The verb ``retrieve``: index, query, negatives, duplicates."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pyarrow as pa
from jsonargparse import Namespace
from rich.console import Console
from rich.table import Table
from rich.text import Text

from weitiao.config.bounds import at_least
from weitiao.config.commands import called
from weitiao.config.field_paths import field_paths
from weitiao.config.own_code import permitted
from weitiao.config.parser import Parser
from weitiao.errors import ConfigError
from weitiao.evaluation.inference import Hardware, add_permissions, refuse_overwriting
from weitiao.io.atomic import whole_or_not
from weitiao.io.checkpoint_file import checkpoint_of
from weitiao.io.csv_file import write_rows
from weitiao.retrieval.index import Index, write_index
from weitiao.retrieval.mining import Miner, Mining, RightTexts, labelled
from weitiao.retrieval.texts import RetrieveFile, Texts, as_read
from weitiao.retrieval.vectors import Embedder
from weitiao.training.console import show_line

Act = Literal["index", "query", "negatives", "duplicates"]
TOP, DEEP = 10, 100
"""Texts that are found of a query, and that are looked at for its negatives."""
LEAST = 0.95
"""Cosine from which on two texts count as nearly the same."""
Row = dict[str, Any]


def retrieve_parser() -> Parser:
    """The parser of the verb."""
    parser = Parser(prog=called("retrieve"))
    parser.add_argument("act", type=Act, help="index, query, negatives, or duplicates.")
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
    parser.add_argument(
        "--top",
        type=int | None,
        help="Most texts found, or looked at, of each; null = 10, of negatives 100.",
    )
    parser.add_argument(
        "--least",
        type=float | None,
        help="Lowest cosine of what is found; null = any, of duplicates 0.95.",
    )
    parser.add_argument(
        "--out",
        type=Path | None,
        help="File to write: .csv or .jsonl; null = standard output, on a terminal as a table. Of"
        " negatives: .jsonl for a model of vectors, .csv of pairs with labels for a reranker.",
    )
    parser.add_class_arguments(Mining, "negatives")
    parser.add_class_arguments(RetrieveFile, "data")
    parser.add_class_arguments(Hardware, "hardware")
    return parser


@field_paths()
@permitted
def run_retrieve(arguments: list[str]) -> None:
    """Make an index, ask one, or look for negatives or near-duplicates in it."""
    parser = retrieve_parser()
    options = parser.instantiate(parser.parse_args(arguments))
    _check(options)
    console = Console(stderr=True, highlight=False)
    acts = {"index": _index, "query": _query, "negatives": _negatives, "duplicates": _duplicates}
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
        "negatives": (("ckpt_path", "data.file", "out"), ("text", "least")),
        "duplicates": ((), ("ckpt_path", "text", "data.file")),
    }
    needed, idle = of_act[options.act]
    given = {name: options[name] for name in ("ckpt_path", "text", "least", "out")}
    given["data.file"] = options.data.file
    kinds = {"ckpt_path": ("a model", "RUN"), "data.file": ("texts", "FILE")}
    kinds |= {"out": ("a file to write", "FILE.jsonl")}
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
    if options.least is not None and not -1 <= options.least <= 1:
        raise ConfigError(f"must be a cosine, from -1 to 1, not {options.least}", field="least")
    if options.out is not None and options.out.suffix.lower() not in (".csv", ".jsonl"):
        problem = f": {options.out.name} names no format"
        raise ConfigError(problem, field="out", hint="a name that ends in .csv or .jsonl")
    if options.act == "negatives":
        refuse_overwriting(options.out, options.data.file)
    elif options.negatives != Mining() or options.data.pair is not None:
        field = "negatives" if options.negatives != Mining() else "data.pair"
        raise ConfigError(f"has no effect on {options.act}", field=field)


def _embedder(options: Namespace) -> Embedder:
    trust = options.trust_remote_code
    path, changes = checkpoint_of(options.ckpt_path), options.data.changes()
    return Embedder(path, changes, options.hardware, trust_remote_code=trust)


# -- acts ------------------------------------------------------------------------------------------


def _index(options: Namespace, console: Console) -> None:
    model = _embedder(options)
    texts = Texts(model, options.data, {"text": options.data.text or model.column("pair")})
    with console.status("vectors of texts") as status:

        def parts() -> Iterator[tuple[pa.Table, np.ndarray]]:
            for table in texts.parts():
                status.update(f"vectors of texts: {texts.rows:,}")
                yield as_read(table), model.vectors(table, "pair")

        card = write_index(parts(), model.fingerprint(), model.width, options.index)
    texts.report(console)
    line = f"index of {card.rows:,} texts, {card.width} numbers each: {options.index}"
    console.print(line, markup=False, soft_wrap=True)


def _query(options: Namespace, console: Console) -> None:
    model = _embedder(options)
    index = Index(options.index, model.fingerprint())
    columns = {"text": options.data.text or model.column("text")}
    texts = Texts(model, options.data, columns, options.text)
    least = -np.inf if options.least is None else options.least

    without = 0

    def found() -> Iterator[Row]:
        nonlocal without
        for table in texts.parts():
            near = index.search(model.vectors(table, "text"), options.top or TOP)
            asked = zip(table["original"].to_pylist(), near.rows, near.scores, strict=True)
            for query, places, scores in asked:
                kept = (places >= 0) & (scores >= least)
                without += not kept.any()
                ranked = zip(scores[kept].tolist(), index.rows(places[kept]), strict=True)
                for rank, (score, row) in enumerate(ranked, 1):
                    yield {"query": query, "rank": rank, "score": round(score, 4), **row}

    _write(found(), options.out)
    texts.report(console)
    if without:
        show_line(f"! {without:,} of {texts.rows:,} queries are not as near to any text", console)


def _duplicates(options: Namespace, console: Console) -> None:
    least = LEAST if options.least is None else options.least
    _write(Index(options.index).duplicates(least, options.top or TOP), options.out)


def _negatives(options: Namespace, console: Console) -> None:
    model = _embedder(options)
    index = Index(options.index, model.fingerprint())
    of_file = options.data
    columns = {"text": of_file.text or model.column("text")}
    columns["pair"] = of_file.pair or model.column("pair")
    with console.status("right texts of each query"):
        right = RightTexts(
            (part["original"].to_pylist(), part["original_pair"].to_pylist())
            for part in Texts(model, options.data, columns).parts()
        )
    pairs = Texts(model, options.data, columns)
    miner = Miner(index, options.negatives, options.top or DEEP, right)

    def found() -> Iterator[Row]:
        for part in pairs.parts():
            second = pa.table({"text": part["pair"]})
            vectors = model.vectors(part, "text"), model.vectors(second, "pair")
            texts = part["original"].to_pylist(), part["original_pair"].to_pylist()
            rows = miner.rows(*texts, vectors)
            yield from rows if options.out.suffix.lower() == ".jsonl" else labelled(rows)

    _write(found(), options.out)
    pairs.report(console)
    for line in miner.report_lines():
        show_line(line, console)


# -- in and out ------------------------------------------------------------------------------------


def _write(rows: Iterable[Row], out: Path | None) -> None:
    """Write rows to a file, whole or not, or on standard output."""
    if out is not None:
        with whole_or_not(out) as part, part.open("w", newline="", encoding="utf-8") as file:
            for number, row in enumerate(rows):
                if out.suffix.lower() == ".csv":
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
