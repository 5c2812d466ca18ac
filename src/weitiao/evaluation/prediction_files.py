"""Predictions as files for people and programs: CSV, JSON Lines, Parquet, CoNLL, a table."""

import io
import json
import math
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from weitiao.errors import ConfigError
from weitiao.evaluation.conll_file import conll_blocks
from weitiao.io.atomic import whole_or_not
from weitiao.io.csv_file import write_rows
from weitiao.objectives.base import Objective
from weitiao.targets.spans import SpanTarget
from weitiao.training.rowwise import Predicted

LONG = 80  # characters of a text on a terminal
COLOURS = ("red", "green", "blue", "magenta", "cyan", "yellow")
Columns = dict[str, list[Any]]
"""Columns of a file of predictions by name."""


class Format(NamedTuple):
    """How predictions are written, part by part.

    Args:
        encode: columns, and whether they are the first → what is appended to the file.
        finish: makes of the file of all that was appended what it is to be.
    """

    encode: Callable[[Columns, Objective, bool], bytes]
    finish: Callable[[Path], None]


def write_predictions(path: Path, predicted: Predicted, objective: Objective) -> None:
    """Write ``id, text, label, probability of each class`` in the order of the rows.

    ``text`` is the original, of pictures and sounds called ``path``, and ``label`` the predicted
    one; where the rows have labels, the true one stands as ``true``; where they are pairs, the
    second text as ``pair``. Where bad rows were set aside, each stands in its place, without a
    label, and with its reason as ``error``.

    Args:
        path: the file, written beside and renamed. ``.csv`` and ``.parquet`` have a column
            ``p(LABEL)`` of each class, ``.jsonl`` an object ``probabilities``; ``.conll`` has the
            tags of spans.

    Raises:
        ConfigError: the suffix names no format.
    """
    form = format_of(path, objective)
    with whole_or_not(path) as part:
        part.write_bytes(form.encode(columns_of(predicted, objective), objective, True))
        form.finish(part)


def format_of(path: Path, objective: Objective | None = None) -> Format:
    """How a file of this suffix is written.

    Args:
        objective: whose predictions they are, where that is known yet.

    Raises:
        ConfigError: it names no format, or one that such predictions don't have.
    """
    if (found := FORMATS.get(path.suffix.lower())) is None:
        problem = f"{path}: predictions are not written as {path.suffix or 'a file without suffix'}"
        raise ConfigError(problem, field="out", hint=f"a name that ends in {', '.join(FORMATS)}")
    if objective and found is FORMATS[".conll"] and not isinstance(objective.target, SpanTarget):
        problem = f"{path}: CoNLL columns hold spans, and {type(objective).__name__} finds none"
        raise ConfigError(problem, field="out", hint="a name that ends in .csv or .jsonl")
    return found


def print_predictions(predicted: Predicted, objective: Objective, *, table: bool) -> None:
    """Print predictions on standard output.

    Args:
        table: a table for a person; else JSON Lines, for a program.
    """
    columns = columns_of(predicted, objective)
    if table:
        Console(highlight=False).print(_table(columns, objective))
        return
    # whatever the encoding, each line is JSON
    ascii_only = (sys.stdout.encoding or "").lower().replace("-", "") != "utf8"
    for line in _json_lines(columns, objective, ascii_only=ascii_only):
        print(line)
    sys.stdout.flush()


def columns_of(predicted: Predicted, objective: Objective) -> Columns:
    """Columns by name: texts and probabilities; null where a bad row has none."""
    table, probabilities = predicted.table, predicted.predictions
    columns: Columns = {
        "id": table["id"].to_pylist(),
        predicted.shown_as: table["original"].to_pylist(),
        **({"pair": table["pair"].to_pylist()} if "pair" in table.column_names else {}),
        "label": objective.texts(predicted.decided),
        **({"true": table["label"].to_pylist()} if "label" in table.column_names else {}),
    }
    for c, label in enumerate(objective.classes):
        columns[_name(label)] = probabilities[:, c].tolist()
    columns |= objective.columns(probabilities, predicted.decided, columns[predicted.shown_as])
    return columns if predicted.bad is None else _with_bad_rows(columns, table, predicted.bad)


def _with_bad_rows(columns: Columns, table: pa.Table, bad: Sequence[Mapping[str, Any]]) -> Columns:
    """The columns with a row more for each bad one, in the order of the files."""
    names = table["file"].combine_chunks().dictionary.to_pylist()
    places = [*zip(table["file"].to_pylist(), table["row"].to_pylist(), strict=True)]
    places += [(one["file"], one["row"]) for one in bad]
    order = sorted(range(len(places)), key=lambda i: (names.index(places[i][0]), places[i][1]))
    nothing = [None] * len(bad)
    whole = {name: [*values, *nothing] for name, values in columns.items()}
    whole["error"] = [*[None] * table.num_rows, *map(_reason, bad)]
    return {name: [values[i] for i in order] for name, values in whole.items()}


def _reason(bad: Mapping[str, Any]) -> str:
    column = f", column {bad['column']!r}" if bad["column"] else ""
    return f"{bad['file']}, row {bad['row']}{column}: {bad['reason']}"


def _name(label: str) -> str:
    return f"p({label})"


def _csv(columns: Columns, objective: Objective, first: bool) -> bytes:
    text = io.StringIO()
    rows = zip(*columns.values(), strict=True)
    texts = ([*map(_cell, row)] for row in rows)
    write_rows(text, chain([columns] if first else [], texts))
    return text.getvalue().encode()


def _cell(value: Any) -> Any:
    """A value as it stands in CSV: lists as JSON."""
    if isinstance(value, float):
        return f"{value:.6f}"
    return json.dumps(_finite(value), ensure_ascii=False) if isinstance(value, list) else value


def _jsonl(columns: Columns, objective: Objective, first: bool) -> bytes:
    lines = _json_lines(columns, objective, ascii_only=False)
    return "".join(f"{line}\n" for line in lines).encode()


def _conll(columns: Columns, objective: Objective, first: bool) -> bytes:
    return "".join(conll_blocks(columns)).encode()


def _arrow(columns: Columns, objective: Objective, first: bool) -> bytes:
    """A stream of its own: Parquet has its only index at the end, and can't be continued."""
    table = pa.Table.from_pydict(columns | _values(columns, objective))
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as stream:
        stream.write_table(table)
    return sink.getvalue().to_pybytes()


def _as_parquet(part: Path) -> None:
    """Streams, one after the other, become row groups of one Parquet file."""
    import pyarrow.parquet as pq  # of use to no other format

    schemas = [stream.schema for stream in _streams(part)]
    schema = pa.unify_schemas(list(dict.fromkeys(schemas)), promote_options="permissive")
    whole = part.with_name(f"{part.name}.parquet")
    try:
        with pq.ParquetWriter(whole, schema) as file:
            for stream in _streams(part):
                file.write_table(stream.read_all().cast(schema))
        os.replace(whole, part)
    finally:
        whole.unlink(missing_ok=True)


def _streams(part: Path) -> Iterator[pa.RecordBatchReader]:
    with pa.OSFile(str(part)) as file:
        while file.tell() < file.size():
            stream = pa.ipc.open_stream(file)
            yield stream
            stream.read_all()  # what of it was not read: the next one begins there


def _unchanged(part: Path) -> None:
    """What was appended is the file."""


FORMATS = {
    ".csv": Format(_csv, _unchanged),
    ".jsonl": Format(_jsonl, _unchanged),
    ".parquet": Format(_arrow, _as_parquet),
    ".conll": Format(_conll, _unchanged),
}
"""By suffix."""


def _values(columns: Columns, objective: Objective) -> Columns:
    """The columns of labels as a program wants them: texts, lists of texts, or numbers."""
    return {
        name: [None if text is None else objective.value(text) for text in columns[name]]
        for name in ("label", "true")
        if name in columns
    }


def _json_lines(columns: Columns, objective: Objective, *, ascii_only: bool) -> Iterator[str]:
    """An object a row; probabilities are an object in it, what is not finite is null."""
    of_classes = {_name(label): label for label in objective.classes}
    columns = columns | _values(columns, objective)
    for values in zip(*columns.values(), strict=True):
        row = dict(zip(columns, map(_finite, values), strict=True))
        if of_classes:
            shares = {label: row.pop(name) for name, label in of_classes.items()}
            row["probabilities"] = None if row["label"] is None else shares
        yield json.dumps(row, ensure_ascii=ascii_only)


def _finite(value: Any) -> Any:
    """A value that JSON knows, and what it holds, with as many digits as a probability needs."""
    if isinstance(value, list):
        return [*map(_finite, value)]
    if isinstance(value, dict):
        return {name: _finite(item) for name, item in value.items()}
    if not isinstance(value, float):
        return value
    return float(f"{value:.6g}") if math.isfinite(value) else None


def _table(columns: Columns, objective: Objective) -> Table:
    """Text, label and how sure it is, a line each."""
    named = [columns[_name(label)] for label in objective.classes]
    likely = [
        "" if None in row else objective.surest(dict(zip(objective.classes, row, strict=True)))
        for row in zip(*named, strict=True)
    ]
    # words of the text say more than their places
    said = "words" if "words" in columns else "label"
    shown = ("id", "text", "path", "pair", said, "probability", "error")
    head = [name for name in shown if name in columns]
    table = Table(*head, *(["probability"] if objective.classes else []))
    for i in range(len(columns["id"])):
        cells: list[str | Text] = [escape(_short(columns[name][i])) for name in head]
        if marks := objective.marks(columns["label"][i] or "[]"):
            cells[head.index("text")] = _marked(columns["text"][i], marks, [*objective.named])
        table.add_row(*cells, *([escape(likely[i])] if objective.classes else []))
    return table


def _marked(text: str, marks: Sequence[tuple[int, int, str]], names: list[str]) -> Text:
    """A text whose parts have the colours of what is said of them."""
    found = Text(text)
    for begin, end, kind in marks:
        found.stylize(f"bold {COLOURS[names.index(kind) % len(COLOURS)]}", begin, end)
    return found


def _short(value: str | float | list[float] | None) -> str:
    if isinstance(value, list):
        return ", ".join(map(_short, value))
    text = f"{value:.3f}" if isinstance(value, float) else " ".join((value or "").split())
    return text if len(text) <= LONG else f"{text[:LONG]}…"
