"""The verb ``test``, and the comparison with the floor that ends ``train``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import lightning.pytorch as L
import numpy as np
from rich.console import Console

from weitiao.data.datamodule import TextDataModule
from weitiao.models.module import TextModule
from weitiao.run.checkpoint import Hardware, NewFile, UseParser, open_checkpoint
from weitiao.run.fit import Run, show_next_steps
from weitiao.run.floor import measure_floor
from weitiao.run.folder import RunFolder
from weitiao.run.outputs import EvaluationRows, write_predictions
from weitiao.run.report import final_table, scores


def compare_with_floor(run: Run) -> dict[str, Any]:
    """Test the run's best checkpoint, measure the floor on the same split, print both."""
    run.trainer.test(
        run.module,
        datamodule=run.data,
        ckpt_path=str(run.folder.best),
        verbose=False,
        weights_only=True,
    )
    metrics = run.folder.add_metrics(test_scores(run.trainer, run.module, run.data))
    write_test_predictions(run.trainer, run.data, run.folder.predictions)
    with run.console.status("measuring the floor: TF-IDF + linear"):
        floor = measure_floor(run.data.prepared)
    labels = run.data.card.labels
    metrics = run.folder.add_metrics(
        scores(floor.predicted, floor.targets, labels, "floor/") | {"floor/c": floor.c}
    )
    print_table(metrics, labels)
    show_next_steps(run)
    return metrics


def run_test(arguments: list[str]) -> dict[str, Any]:
    """Measure a checkpoint on its run's own test split, or on another labelled file."""
    parser = UseParser(prog="train.py test")
    parser.add_argument("--ckpt_path", type=str, required=True, help="Checkpoint to measure.")
    parser.add_argument(
        "--data.test", type=str | list[str] | None, help="Labelled file; null = the run's own."
    )
    parser.add_argument("--data.label", type=str | None, help="Column of the label.")
    parser.add_class_arguments(NewFile, "data")
    parser.add_class_arguments(Hardware, "hardware")
    parser.add_argument("--out", type=Path | None, help="CSV of the predictions on --data.test.")
    options = parser.instantiate(parser.parse_args(arguments))
    new = options.data.test is not None
    changes = NewFile.changes(options.data)
    if new:
        changes |= {"train": None, "val": None}
    module, data = open_checkpoint(Path(options.ckpt_path), changes)
    folder = RunFolder.of_checkpoint(Path(options.ckpt_path))
    board = False if new else folder.tensorboard()
    trainer = options.hardware.trainer(
        callbacks=[EvaluationRows()], logger=board, default_root_dir=str(folder.path)
    )
    trainer.test(module, datamodule=data, verbose=False)
    metrics = test_scores(trainer, module, data)
    if new:
        if options.out:
            write_test_predictions(trainer, data, options.out)
    else:
        metrics = folder.add_metrics(metrics)
        write_test_predictions(trainer, data, folder.predictions)
    print_table(metrics, data.card.labels)
    return metrics


def test_scores(trainer: L.Trainer, module: TextModule, data: TextDataModule) -> dict[str, float]:
    """The test metrics; where test rows stand in train, those of the other rows as well."""
    found = {k: float(v) for k, v in trainer.callback_metrics.items() if k.startswith("test/")}
    rows = data.rows("test")
    leaked = rows["leaked"].to_numpy() if "leaked" in rows.column_names else np.zeros(0, bool)
    if leaked.any():
        labels = module.card.labels
        targets = np.array([labels.index(label) for label in rows["label"].to_pylist()])
        probabilities = evaluation_rows(trainer).probabilities["test"]
        found |= scores(probabilities[~leaked], targets[~leaked], labels, "test_leak_free/")
    return found


def write_test_predictions(trainer: L.Trainer, data: TextDataModule, path: Path) -> None:
    """Write each test row with its prediction, in the order of the split."""
    probabilities = evaluation_rows(trainer).probabilities["test"]
    write_predictions(path, data.rows("test"), probabilities, data.card.labels)


def evaluation_rows(trainer: L.Trainer) -> EvaluationRows:
    """The callback that has kept the rows."""
    return next(c for c in trainer.callbacks if isinstance(c, EvaluationRows))


def print_table(metrics: dict[str, Any], labels: list[str]) -> None:
    """Print the final table on standard output."""
    Console().print(final_table(metrics, labels))
