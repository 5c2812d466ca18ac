"""The verb ``predict``: a checkpoint labels new texts."""

import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from jsonargparse import Namespace
from rich.console import Console

from weitiao.config.field_paths import field_paths
from weitiao.config.own_code import permitted
from weitiao.data.datamodule import TextDataModule
from weitiao.errors import ConfigError, DataError
from weitiao.evaluation.inference import (
    Hardware,
    PredictFile,
    UseParser,
    open_checkpoint,
    refuse_overwriting,
    use_parser,
)
from weitiao.evaluation.prediction_files import print_predictions, write_predictions, writer_of
from weitiao.io.tables import Named, SourceFiles
from weitiao.io.tables.files import names_of
from weitiao.training.console import show_line, show_new_rows
from weitiao.training.evaluation_rows import Predicted, as_array, decide, in_order

STREAM = "-"
"""Names standard input as a file to read, and standard output as a file to write."""


def predict_parser() -> UseParser:
    """The parser of the verb."""
    parser = use_parser("predict", PredictFile)
    parser.add_class_arguments(Hardware, "hardware")
    parser.add_argument(
        "--text", type=str, action="append", help="A text to label; may be given several times."
    )
    parser.add_argument(
        "--pair", type=str, action="append", help="Second text of each --text, of a model of pairs."
    )
    parser.add_argument(
        "--out",
        type=str | None,
        help="File to write: .csv, .jsonl or .parquet; - = JSON Lines on standard output; null ="
        " predictions.csv for a file, else standard output, on a terminal as a table.",
    )
    return parser


@field_paths()
@permitted
def run_predict(arguments: list[str]) -> Path | None:
    """Write ``id, text, label, probability of each class`` of the new rows, in their order.

    Returns:
        The file that was written; null = standard output.
    """
    parser = predict_parser()
    options = parser.instantiate(parser.parse_args(arguments))
    _check_source(options)
    out = _checked_target(options)
    console = Console(stderr=True, highlight=False)
    with _on_this_machine(options.data, console) as (changes, files):
        module, data = open_checkpoint(
            options.ckpt_path, changes, trust_remote_code=options.trust_remote_code
        )
        _check_pairs(options, data)
        data.predict_files = files
        if options.text:
            pairs = {"pair": options.pair} if options.pair else {}
            data.take_cells({"text": options.text} | pairs)
        trainer = options.hardware.trainer(logger=False)
        found = in_order(trainer.predict(module, datamodule=data))
    if found is None:
        return out
    bad = data.set_aside if options.data.on_bad_row == "quarantine" else None
    said, decided = as_array(found["predictions"]), decide(module, found["predictions"])
    predicted = Predicted(data.rows("predict"), said, decided, bad=bad)
    show_new_rows(data, "predict", predicted.table["text"], console)
    if bad:
        show_line(f"! {len(bad):,} bad rows have no label: their reason stands in error", console)
    if out is None:
        as_table = options.out is None and sys.stdout.isatty()
        print_predictions(predicted, module.objective, table=as_table)
        return None
    out.parent.mkdir(parents=True, exist_ok=True)
    write_predictions(out, predicted, module.objective)
    console.print(f"{len(said):,} predictions: {out}", markup=False, soft_wrap=True)
    return out


def _check_source(options: Namespace) -> None:
    """See to it that one source is named, and no option that has no effect on it.

    Raises:
        ConfigError: it is not so.
    """
    texts, pairs, files = options.text or [], options.pair or [], options.data.predict
    if not texts and (not files or pairs):
        raise ConfigError(
            "what is to be labelled?\n  → --data.predict FILE, --data.predict - (standard input) or"
            " --text TEXT (with a second text: --pair TEXT)"
        )
    if texts and (idle := options.data.of_a_file()):
        raise ConfigError(f"data.{idle} has no effect on --text\n  → --data.predict FILE")
    if any(len(each.encode("utf-8", "ignore")) < len(each) for each in (*texts, *pairs)):
        raise ConfigError("--text: this is not UTF-8\n  → put it into a file: --data.predict FILE")
    if STREAM in names_of(files or []) and files not in (STREAM, [STREAM]):
        raise ConfigError("data.predict: standard input is read alone, without files beside it")
    if files in (STREAM, [STREAM]) and options.hardware.devices * options.hardware.num_nodes > 1:
        raise ConfigError("several processes can't share standard input\n  → --data.predict FILE")


def _check_pairs(options: Namespace, data: TextDataModule) -> None:
    """See to it that a model of pairs gets pairs, and no other does.

    Raises:
        ConfigError: it is not so.
    """
    texts, pairs = options.text or [], options.pair or []
    if pairs and not data.card.input.pair:
        raise ConfigError("--pair: the model was trained on single texts")
    if texts and data.card.input.pair and len(texts) != len(pairs):
        raise ConfigError(
            f"the model was trained on pairs: {len(texts)} --text, {len(pairs)} --pair"
            "\n  → --text ONE --pair OTHER"
        )
    if data.card.input.pair and data.preparation.read.format == "lines":
        raise ConfigError("a line holds one text, and the model needs two\n  → --data.format csv")


def _checked_target(options: Namespace) -> Path | None:
    """The file to write; null = standard output.

    Raises:
        ConfigError: its suffix names no format, or it would overwrite its input.
    """
    files = options.data.predict
    from_file = not options.text and files not in (STREAM, [STREAM])
    out = options.out or ("predictions.csv" if from_file else STREAM)
    if out == STREAM:
        return None
    writer_of(Path(out))  # refused now, not after the work
    refuse_overwriting(Path(out), files if from_file else None)
    return Path(out)


@contextmanager
def _on_this_machine(
    file: PredictFile, console: Console
) -> Iterator[tuple[dict[str, Any], Named | None]]:
    """The DataModule's arguments and files; what comes on standard input is kept meanwhile."""
    if file.predict not in (STREAM, [STREAM]):
        yield file.changes(), file.predict
        return
    if sys.stdin.isatty():
        show_line("texts, one a line; Ctrl-D ends them:", console)
    with tempfile.TemporaryDirectory(prefix="weitiao-") as folder:
        path = Path(folder) / "standard input"
        with path.open("wb") as spool:
            shutil.copyfileobj(sys.stdin.buffer, spool)
        given = file.changes()
        if given.setdefault("format", "lines") == "lines":
            columns = {"input": {"init_args": {"text": "text"}}, "id": None}
            given = columns | {"header": True} | given
            given = {"separator": "auto", "sheet": "auto"} | given
            _warn_of_json(path, console)
        try:
            yield (
                {"encoding": "auto"} | given | {"predict": None},
                [SourceFiles(path.name, (path,))],
            )
        except DataError as error:
            if str(error.file) == str(path):  # told of standard input, not of where it was kept
                error.file = path.name
            raise


def _warn_of_json(path: Path, console: Console) -> None:
    with path.open("rb") as file:
        first = file.readline().strip()
    if first.startswith(b"{") and first.endswith(b"}"):
        show_line(
            "! the lines look like JSON, and are taken as texts → --data.format jsonl", console
        )
