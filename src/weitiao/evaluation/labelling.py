"""Labels texts and files on one device, and reports what a person should know."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

from jsonargparse import Namespace
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from weitiao.evaluation.identity import key_of
from weitiao.evaluation.partial_file import PartialFile, is_done
from weitiao.evaluation.prediction_files import (
    columns_of,
    format_of,
    print_predictions,
    write_predictions,
)
from weitiao.evaluation.predictor import Predictor
from weitiao.evaluation.result_names import names_of_results
from weitiao.evaluation.streaming import Answered, Checked, check, label
from weitiao.io.tables import Named, SourceFiles, refuse_idle
from weitiao.objectives.base import Objective
from weitiao.training.console import show_empty, show_line
from weitiao.training.rowwise import Predicted

QUIET = 60.0  # seconds between two lines on how far it is, where there is no terminal


def label_texts(
    predictor: Predictor,
    texts: list[str],
    pairs: list[str] | None,
    out: Path | None,
    console: Console,
    as_table: bool,
) -> None:
    """Label the texts of a command line.

    Args:
        out: the file to write; null = standard output.
        as_table: print a table, where that is a terminal.

    Raises:
        DataError: a text is one that can't be answered.
    """
    texts = [predictor.rows.cell("text", text) for text in texts]
    table = predictor.rows.of_cells({"text": texts} | ({"pair": pairs} if pairs else {}))
    predicted, encoded = predictor.answer(table)
    seen = Answered()
    seen.add(predictor.rows.fitted, table, encoded)
    show_seen(seen, predictor, console)
    write_or_print(predicted, predictor.model.objective, out, console, as_table=as_table)


def label_files(
    predictor: Predictor, options: Namespace, files: Named, out: Path | None, console: Console
) -> None:
    """Label files of any size.

    Args:
        out: the file to write, with a ``*`` one of each input; null = standard output.

    Raises:
        DataError: a file or a row is at fault.
        ConfigError: names of results are at fault, or another process is writing one.
    """
    refuse_idle(predictor.rows.reader.database, (options.data.predict,))
    with predictor.rows.reader.inputs({"predict": files}) as found:
        inputs = found["predict"]
        if out is None:
            as_table = options.out is None and sys.stdout.isatty()
            _print(predictor, inputs, as_table, console)
        elif "*" not in out.name:
            _write(predictor, options, inputs, out, console)
        else:
            for path, source in names_of_results(out, inputs, options.share):
                _write(predictor, options, [source], path, console, of_each=True)


def _print(
    predictor: Predictor, inputs: Sequence[SourceFiles], as_table: bool, console: Console
) -> None:
    checked, seen = check(predictor.rows, inputs), Answered()
    _show_checked(checked, console)
    for predicted, _ in label(predictor, inputs, seen):
        print_predictions(predicted, predictor.model.objective, table=as_table)
    show_seen(seen, predictor, console)


def _write(
    predictor: Predictor,
    options: Namespace,
    inputs: Sequence[SourceFiles],
    out: Path,
    console: Console,
    *,
    of_each: bool = False,
) -> None:
    """Write a result, or what is missing of it.

    Args:
        of_each: it is one of several, and is left alone if it is there.
    """
    key, objective = key_of(options, inputs), predictor.model.objective
    form = format_of(out, objective)
    if of_each and is_done(out, key):
        show_line(f"{out} is there, of the same input, model and options", console)
        return
    checked = check(predictor.rows, inputs)
    _show_checked(checked, console)
    with PartialFile(out, key) as result:
        _show_begin(result, checked, console)
        seen = Answered(**result.told)
        with _bar(result, checked.rows, console) as advance:
            for predicted, count in label(predictor, inputs, seen, result.rows):
                columns = columns_of(predicted, objective)
                data = form.encode(columns, objective, not result.rows)
                result.append(data, count, asdict(seen))
                advance(count)
        result.finish(form.finish, keep_key=of_each)
    show_seen(seen, predictor, console)
    console.print(f"{seen.rows:,} predictions: {out}", markup=False, soft_wrap=True)


def _show_begin(result: PartialFile, checked: Checked, console: Console) -> None:
    if result.changed:
        what = " and ".join(result.changed)
        show_line(f"! {result.path} was begun with another {what}: it begins anew", console)
    elif result.rows:
        line = f"{result.path}: {result.rows:,} of {checked.rows:,} rows are done; it goes on"
        show_line(line, console)


@contextmanager
def _bar(result: PartialFile, total: int, console: Console) -> Iterator[Callable[[int], None]]:
    """Show how far a result is: a bar on a terminal, elsewhere a line now and then."""
    columns = (TextColumn("rows"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    bar = Progress(*columns, console=console, disable=not console.is_terminal, transient=True)
    task, told = bar.add_task("", total=total, completed=result.rows), time.monotonic()

    def advance(count: int) -> None:
        nonlocal told
        bar.advance(task, count)
        if not console.is_terminal and time.monotonic() > told + QUIET:
            told = time.monotonic()
            show_line(f"{result.rows:,} of {total:,} rows", console)

    try:
        with bar:
            yield advance
    except BaseException:
        if result.rows:
            line = f"{result.rows:,} of {total:,} rows are done: the same command goes on"
            show_line(line, console)
        raise


def write_or_print(
    predicted: Predicted,
    objective: Objective,
    out: Path | None,
    console: Console,
    *,
    as_table: bool,
) -> None:
    """Write predictions to a file, or print them.

    Args:
        out: null = standard output.
        as_table: print a table, where that is a terminal.
    """
    if out is None:
        print_predictions(predicted, objective, table=as_table and sys.stdout.isatty())
        return
    out.parent.mkdir(parents=True, exist_ok=True)
    write_predictions(out, predicted, objective)
    count = len(predicted.table)
    console.print(f"{count:,} predictions: {out}", markup=False, soft_wrap=True)


def _show_checked(checked: Checked, console: Console) -> None:
    for note in checked.notes:
        show_line(f"! {note}", console)
    show_bad(checked.bad, console)


def show_bad(count: int, console: Console) -> None:
    """Say how many rows have no label, if any has none."""
    if count:
        show_line(f"! {count:,} bad rows have no label: their reason stands in error", console)


def show_seen(seen: Answered, predictor: Predictor, console: Console) -> None:
    """Say how well the input covers the rows."""
    show_empty(seen.empty, seen.rows, console)
    for line in predictor.rows.fitted.of_new_rows("predict", seen.found or {}):
        show_line(line, console)
