"""Predictions as people and programs take them: CSV, JSON Lines, Parquet, a table on a terminal."""

import json
import math
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from weitiao.errors import ConfigError
from weitiao.io.atomic import whole_or_not
from weitiao.io.csv_file import write_rows
from weitiao.objectives.base import Objective
from weitiao.training.evaluation_rows import Predicted

LONG = 80  # characters of a text on a terminal


def write_predictions(path: Path, predicted: Predicted, objective: Objective) -> None:
    """Write ``id, text, label, probability of each class`` in the order of the rows.

    ``text`` is the original, and ``label`` the predicted one; where the rows have labels, the true
    one stands as ``true``; where they are pairs, the second text as ``pair``. Where bad rows were
    set aside, each stands in its place, without a label, and with its reason as ``error``.

    Args:
        path: the file, written beside and renamed. ``.csv`` and ``.parquet`` have a column
            ``p(LABEL)`` of each class, ``.jsonl`` an object ``probabilities``.

    Raises:
        ConfigError: the suffix names no format.
    """
    write = writer_of(path)
    with whole_or_not(path) as part:
        write(part, _columns(predicted, objective), objective)


def writer_of(path: Path) -> Callable[[Path, dict[str, list[Any]], Objective], None]:
    """What writes the format that the suffix names.

    Raises:
        ConfigError: it names none.
    """
    writers = {".csv": _write_csv, ".jsonl": _write_jsonl, ".parquet": _write_parquet}
    if (write := writers.get(path.suffix.lower())) is None:
        problem = f"{path}: predictions are not written as {path.suffix or 'a file without suffix'}"
        raise ConfigError(problem, field="out", hint=f"a name that ends in {', '.join(writers)}")
    return write


def print_predictions(predicted: Predicted, objective: Objective, *, table: bool) -> None:
    """Print predictions on standard output.

    Args:
        table: a table for a person; else JSON Lines, for a program.
    """
    columns = _columns(predicted, objective)
    if table:
        Console(highlight=False).print(_table(columns, objective))
        return
    # whatever the encoding, each line is JSON
    ascii_only = (sys.stdout.encoding or "").lower().replace("-", "") != "utf8"
    for line in _json_lines(columns, objective, ascii_only=ascii_only):
        print(line)


def _columns(predicted: Predicted, objective: Objective) -> dict[str, list[Any]]:
    """Columns by name: texts and probabilities; null where a bad row has none."""
    table, probabilities = predicted.table, predicted.predictions
    columns: dict[str, list[Any]] = {
        "id": table["id"].to_pylist(),
        "text": table["original"].to_pylist(),
        **({"pair": table["pair"].to_pylist()} if "pair" in table.column_names else {}),
        "label": objective.texts(predicted.decided),
        **({"true": table["label"].to_pylist()} if "label" in table.column_names else {}),
    }
    for c, label in enumerate(objective.classes):
        columns[_name(label)] = probabilities[:, c].tolist()
    columns |= objective.columns(probabilities, predicted.decided)
    return columns if predicted.bad is None else _with_bad_rows(columns, table, predicted.bad)


def _with_bad_rows(
    columns: dict[str, list[Any]], table: pa.Table, bad: Sequence[Mapping[str, Any]]
) -> dict[str, list[Any]]:
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


def _write_csv(path: Path, columns: dict[str, list[Any]], objective: Objective) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        rows = zip(*columns.values(), strict=True)
        texts = ([f"{x:.6f}" if isinstance(x, float) else x for x in row] for row in rows)
        write_rows(file, chain([columns], texts))


def _write_jsonl(path: Path, columns: dict[str, list[Any]], objective: Objective) -> None:
    with path.open("w", newline="\n", encoding="utf-8") as file:
        file.writelines(f"{line}\n" for line in _json_lines(columns, objective, ascii_only=False))


def _write_parquet(path: Path, columns: dict[str, list[Any]], objective: Objective) -> None:
    pq.write_table(pa.table(columns | _values(columns, objective)), path)


def _values(columns: dict[str, list[Any]], objective: Objective) -> dict[str, list[Any]]:
    """The columns of labels as a program wants them: texts, lists of texts, or numbers."""
    return {
        name: [None if text is None else objective.value(text) for text in columns[name]]
        for name in ("label", "true")
        if name in columns
    }


def _json_lines(
    columns: dict[str, list[Any]], objective: Objective, *, ascii_only: bool
) -> Iterator[str]:
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
    """A value that JSON knows, with as many digits as a probability needs."""
    if not isinstance(value, float):
        return value
    return float(f"{value:.6g}") if math.isfinite(value) else None


def _table(columns: dict[str, list[Any]], objective: Objective) -> Table:
    """Text, label and how sure it is, a line each."""
    named = [columns[_name(label)] for label in objective.classes]
    likely = [
        "" if None in row else objective.surest(dict(zip(objective.classes, row, strict=True)))
        for row in zip(*named, strict=True)
    ]
    head = [name for name in ("id", "text", "pair", "label", "error") if name in columns]
    table = Table(*head, *(["probability"] if objective.classes else []))
    for i in range(len(columns["id"])):
        cells = [_short(columns[name][i]) for name in head]
        table.add_row(*map(escape, cells), *([escape(likely[i])] if objective.classes else []))
    return table


def _short(text: str | None) -> str:
    text = " ".join((text or "").split())
    return text if len(text) <= LONG else f"{text[:LONG]}…"
