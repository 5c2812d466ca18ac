"""The verb ``test``, and the comparison with the baseline that ends ``train``."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

import lightning.pytorch as L
import numpy as np
from jsonargparse import Namespace
from rich.console import Console

from weitiao import distributed
from weitiao.config.field_paths import field_paths, with_options
from weitiao.config.own_code import allow, named_in, permitted
from weitiao.data.datamodule import DataModule
from weitiao.data.prepared import Prepared
from weitiao.errors import ConfigError, DataError
from weitiao.evaluation.baseline import measure_baseline
from weitiao.evaluation.evaluator import evaluator
from weitiao.evaluation.inference import (
    Hardware,
    LabelledFile,
    UseParser,
    refuse_overwriting,
    use_parser,
)
from weitiao.evaluation.opening import open_checkpoint
from weitiao.evaluation.prediction_files import format_of, write_predictions
from weitiao.evaluation.remedies import below_baseline
from weitiao.evaluation.table import ENDS, final_table, write_classes
from weitiao.evaluation.untuned import compare_with_before, untuned_scores
from weitiao.models.module import Module
from weitiao.objectives.base import Objective
from weitiao.objectives.flat_metrics import scores
from weitiao.training.by_file import scores_by_file, told_by_file
from weitiao.training.console import show_line, show_new_rows, show_next_steps
from weitiao.training.contamination import pretrained_on, report_line
from weitiao.training.evaluation_rows import Evaluated, EvaluationRows, signatures
from weitiao.training.fit import Run, fit
from weitiao.training.optional_parts import Dispensable, TensorBoard
from weitiao.training.rowwise import taken
from weitiao.training.run_folder import RunFolder
from weitiao.training.undefined_scores import ReportUndefined


def run_train(arguments: list[str]) -> None:
    """Fit, test the best checkpoint, measure the baseline."""
    with allow(named_in(arguments)):  # the commands that it shows need it as well
        compare_with_baseline(fit(arguments, "train"))


def compare_with_baseline(run: Run, console: Console | None = None) -> dict[str, Any]:
    """Test the run's best checkpoint, measure the baseline on the same split, print both.

    Of several processes, the first gives what was measured, the others nothing.

    Args:
        console: takes the table; null = standard output.
    """
    if (tested := test_best(run)) is None:
        return {}
    metrics = add_baseline(run, tested)
    out = console or Console()
    show_tables(metrics, run.module.objective, tested, run.folder.classes, out)
    if warning := below_baseline(run, metrics):
        text = with_options(warning)
        out.print(text, markup=False, style="yellow", soft_wrap=True)  # can be pasted
    show_next_steps(run.folder, run.console, talks=run.talks)
    return metrics


def test_best(run: Run) -> Evaluated | None:
    """Test the run's best checkpoint; its scores and predictions go into the run's folder.

    Of several processes, the first gives the tested rows, the others nothing.
    """
    run.trainer.test(
        run.module,
        datamodule=run.data,
        ckpt_path=str(run.folder.best),
        verbose=False,
        weights_only=True,
    )
    if not distributed.first():
        return None
    objective, tested = run.module.objective, evaluated(run.trainer)
    run.folder.add_metrics(test_scores(run.trainer, objective))
    write_predictions(run.folder.predictions, tested, objective)
    return tested


def add_baseline(run: Run, tested: Evaluated) -> dict[str, Any]:
    """Measure the baseline on the tested rows; gives all scores of the run."""
    with run.console.status(f"measuring the baseline: {run.module.objective.baseline}"):
        with Dispensable().part("the baseline"):
            found = baseline_scores(run.data.prepared, run.module.objective, tested)
            run.folder.add_metrics(found)
        with Dispensable().part("the untuned model"):
            run.folder.add_metrics(untuned_scores(run, tested))
    return run.scores


def baseline_scores(
    prepared: Prepared, objective: Objective, tested: Evaluated
) -> dict[str, float]:
    """The scores of simpler models, if any, on the rows that the model was tested on."""
    if (models := objective.baselines()) is None:
        return {}
    baseline, fresh = measure_baseline(prepared, objective, models), leak_free(tested)
    measured = {} if baseline.c is None else {"baseline/c": baseline.c}
    for name, predicted in {"baseline": baseline.predicted, **baseline.simpler}.items():
        # the same rows, should trainer.limit_test_batches have left some out
        found = taken(predicted, tested.rows)
        parts = {f"{name}/": fresh | True} | ({} if fresh.all() else {f"{name}_leak_free/": fresh})
        for prefix, rows in parts.items():
            said, targets = taken(found, rows), taken(tested.targets, rows)
            measured |= scores(said, said, targets, objective, prefix, ranked=False)
    return measured


def show_tables(
    metrics: dict[str, Any],
    objective: Objective,
    tested: Evaluated,
    classes: Path | None,
    console: Console,
) -> None:
    """Print the final table, that of leak-free rows, and write the file of all classes."""
    console.print(final_table(metrics, objective, tested.targets))
    fresh = leak_free(tested)
    if not fresh.all():
        targets = taken(tested.targets, fresh)
        console.print(final_table(metrics, objective, targets, leak_free=True))
    if (line := told_by_file(metrics, tested, objective)) is not None:
        console.print(line, markup=False, soft_wrap=True)
    for name, title in objective.shown:
        if (how := metrics.get(f"test/{name}_signature")) is not None:
            console.print(f"{title}: {how}", markup=False, style="dim", soft_wrap=True)
    if objective.counts and classes is not None:
        write_classes(classes, tested.decided, tested.targets, objective, metrics)
        if len(objective.named) > 2 * ENDS:
            console.print(f"all {len(objective.named):,} classes: {classes}", markup=False)


@field_paths()
@permitted
def run_test(arguments: list[str], console: Console | None = None) -> dict[str, Any]:
    """Measure a checkpoint on its run's own test split, or on another labelled file.

    Args:
        arguments: the command line without the verb.
        console: takes the table; null = standard output.

    Returns:
        The scores; of several processes, the first gives them, the others nothing.
    """
    parser = _parser()
    options = parser.instantiate(parser.parse_args(arguments))
    new = options.data.test is not None
    if options.out:
        format_of(options.out)  # refused now, not after the work
    refuse_overwriting(options.out, options.data.test)
    notes = Console(stderr=True, highlight=False)
    module, data = _opened(options, notes)
    folder = None if new else _folder_of_best(options.ckpt_path)
    if folder and options.out:
        raise ConfigError(
            "--out goes with --data.test or another checkpoint; the best checkpoint's predictions"
            " on the run's own test split go to its folder"
        )
    board = TensorBoard(folder.path) if folder else False
    trainer = evaluator(options.hardware, EvaluationRows(), ReportUndefined(), logger=board)
    with nullcontext() if new else _elsewhere():
        trainer.test(module, datamodule=data, verbose=False)
    if not distributed.first():
        return {}
    metrics = test_scores(trainer, module.objective)
    out = folder.predictions if folder else options.out
    if out:
        write_predictions(out, evaluated(trainer), module.objective)
    if folder:
        metrics = folder.add_metrics(metrics)
    show_new_rows(data, "test", evaluated(trainer).table["text"], notes)
    if new and (read := pretrained_on(module, data, ["test"])):
        show_line(report_line(read, {"test": len(evaluated(trainer).table)}), notes)
    classes = folder.classes if folder else out and out.with_suffix(".classes.csv")
    show_tables(metrics, module.objective, evaluated(trainer), classes, console or Console())
    return metrics


def _opened(options: Namespace, notes: Console) -> tuple[Module, DataModule]:
    """The model and its data, or others; it tells which scores will be undefined."""
    trust: dict[str, bool] = {"trust_remote_code": options.trust_remote_code}
    module, data = open_checkpoint(options.ckpt_path, options.data.changes(), **trust)
    new = options.data.test is not None
    if new and module.objective.remembers and (why := compare_with_before(module, **trust)):
        show_line(f"! {why}", notes)
    return module, data


def _parser() -> UseParser:
    parser = use_parser("test", LabelledFile)
    parser.add_class_arguments(Hardware, "hardware")
    parser.add_argument(
        "--out",
        type=Path | None,
        help="File of the predictions on --data.test: .csv, .jsonl, .parquet or, of tags, .conll.",
    )
    return parser


def _folder_of_best(checkpoint: Path) -> RunFolder | None:
    """The run whose best checkpoint it is: the results in a run's folder are of no other one."""
    folder = RunFolder.of_checkpoint(checkpoint)
    return folder if folder and checkpoint.resolve() == folder.best.resolve() else None


@contextmanager
def _elsewhere() -> Iterator[None]:
    """Say how to go on where the files that a run's splits were made of are not found."""
    try:
        yield
    except DataError as error:
        if error.file is None or Path(error.file).exists():
            raise
        raise DataError(
            "the run's test split is of this file, which is not found from here",
            file=error.file,
            hint="call it in the folder of the training; {--data.test} FILE",
        ) from error


def test_scores(trainer: L.Trainer, objective: Objective) -> dict[str, Any]:
    """The test metrics, the first one of each file as well, and how they were measured where that
    is known; where test rows stand in train, those of the other rows as well."""
    found: dict[str, Any] = {
        k: float(v) for k, v in trainer.callback_metrics.items() if k.startswith("test/")
    }
    tested = evaluated(trainer)
    found |= shares_of_columns(tested, objective, found)
    fresh = leak_free(tested)
    if not fresh.all():
        rows = (tested.predictions, tested.decided, tested.targets)
        said, decided, targets = (taken(values, fresh) for values in rows)
        found |= scores(said, decided, targets, objective, "test_leak_free/")
    found |= scores_by_file(tested, objective, "test")
    return found | signatures(trainer, objective, "test")


def shares_of_columns(
    tested: Evaluated, objective: Objective, measured: Collection[str]
) -> dict[str, float]:
    """What is shown and no metric measures: the share of rows of which a column says it.

    Metrics don't see the texts that were read, and so not whether these were copied.
    """
    names = [name for name, _ in objective.shown if f"test/{name}" not in measured]
    if not names:
        return {}
    texts = tested.table["original"].to_pylist()
    columns = objective.columns(tested.predictions, tested.decided, texts)
    said = {name: [x for x in columns.get(name, []) if isinstance(x, bool)] for name in names}
    return {f"test/{name}": sum(some) / len(some) for name, some in said.items() if some}


def leak_free(tested: Evaluated) -> np.ndarray:
    """Which rows don't stand in train, ``(N,)`` of bool; all of a file that is new."""
    if "leaked" not in tested.table.column_names:
        return np.ones(len(tested.rows), bool)
    return ~tested.table["leaked"].to_numpy()


def evaluated(trainer: L.Trainer) -> Evaluated:
    """The test rows that the Trainer has just evaluated."""
    return next(c.of["test"] for c in trainer.callbacks if isinstance(c, EvaluationRows))
