"""What an evaluation leaves for people: predictions, confusion matrix, worst mistakes."""

from __future__ import annotations

import csv
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import lightning.pytorch as L
import numpy as np
import pyarrow as pa
import torch
from lightning.pytorch.callbacks import Callback
from lightning.pytorch.loggers import TensorBoardLogger

from weitiao.data.datamodule import TextDataModule
from weitiao.models.module import TextModule

if TYPE_CHECKING:
    from matplotlib.figure import Figure

WORST = 20  # mistakes shown
SHOWN = 200  # characters of a text in TensorBoard


@dataclass(frozen=True)
class Evaluated:
    """The rows an evaluation has seen, in the order of the split.

    Args:
        table: ``N`` readable rows.
        probabilities: ``(N, C)``.
        losses: ``(N,)``.
        rows: ``(N,)``, the place of each in the split.
    """

    table: pa.Table
    probabilities: np.ndarray
    losses: np.ndarray
    rows: np.ndarray


class EvaluationRows(Callback):
    """Collects probabilities and loss of each row, and shows them after each evaluation."""

    def __init__(self) -> None:
        self._batches: list[dict[str, torch.Tensor]] = []
        self.of: dict[str, Evaluated] = {}

    def on_validation_batch_end(
        self, trainer: L.Trainer, pl_module: L.LightningModule, outputs: Any, *_: Any
    ) -> None:
        """Keep a batch."""
        self._batches.append({name: value.cpu() for name, value in outputs.items()})

    on_test_batch_end = on_validation_batch_end

    def on_validation_epoch_end(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        """Bring rows into order; show them in TensorBoard unless this is the sanity check."""
        self._finish(trainer, pl_module, "val")

    def on_test_epoch_end(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        """Bring rows into order and show them in TensorBoard."""
        self._finish(trainer, pl_module, "test")

    def _finish(self, trainer: L.Trainer, pl_module: L.LightningModule, split: str) -> None:
        batches, self._batches = self._batches, []
        if trainer.sanity_checking or not batches:
            return
        rows = torch.cat([batch["row"] for batch in batches]).numpy()
        order = np.argsort(rows, kind="stable")
        probabilities, losses = (
            torch.cat([batch[name].float() for batch in batches]).numpy()[order]
            for name in ("probabilities", "losses")
        )
        assert isinstance(trainer.datamodule, TextDataModule)
        # by row, since a limited evaluation (limit_val_batches) has not seen all of them
        table = trainer.datamodule.rows(split).take(pa.array(rows[order]))
        self.of[split] = Evaluated(table, probabilities, losses, rows[order])
        assert isinstance(pl_module, TextModule)
        for logger in trainer.loggers:
            if isinstance(logger, TensorBoardLogger) and trainer.is_global_zero:
                self._show(logger, pl_module, split, trainer.global_step)

    def _show(self, logger: TensorBoardLogger, module: TextModule, split: str, step: int) -> None:
        labels = module.card.labels
        *_, confusion = module.metrics_of(split)
        counts = confusion.compute().cpu().numpy()
        board = logger.experiment
        board.add_figure(f"{split}/confusion", confusion_figure(counts, labels), step)
        board.add_text(f"{split}/worst_mistakes", worst_mistakes(self.of[split], labels), step)


def worst_mistakes(evaluated: Evaluated, labels: Sequence[str]) -> str:
    """The wrong rows of highest loss as a Markdown table; ``labels`` name the classes."""
    table, probabilities, losses = evaluated.table, evaluated.probabilities, evaluated.losses
    predicted = probabilities.argmax(-1)
    wrong = np.flatnonzero(predicted != targets_of(table, labels))
    worst = wrong[np.argsort(-losses[wrong], kind="stable")][:WORST]
    lines = ["| loss | label | predicted | probability | id | text |", "|--:|---|---|--:|---|---|"]
    for i in worst.tolist():
        row = table.slice(i, 1).to_pylist()[0]
        true, given = _cell(row["label"]), _cell(labels[predicted[i]])
        text = row["original"]
        text = _cell(text if len(text) <= SHOWN else f"{text[:SHOWN]}…")
        share = f"{probabilities[i].max():.3f}"
        lines.append(
            f"| {losses[i]:.2f} | {true} | {given} | {share} | {_cell(row['id'])} | {text} |"
        )
    return "\n".join(lines)


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def targets_of(table: pa.Table, labels: Sequence[str]) -> np.ndarray:
    """Index of each row's label in ``labels``, ``(N,)``."""
    index = {label: i for i, label in enumerate(labels)}
    return np.array([index[label] for label in table["label"].to_pylist()])


def confusion_figure(counts: np.ndarray, labels: Sequence[str]) -> Figure:
    """The confusion matrix ``(C, C)`` as a picture; colour is the share of the true class."""
    from matplotlib import font_manager
    from matplotlib.figure import Figure

    size = max(4.0, 1.5 + 0.5 * len(labels))
    figure = Figure(figsize=(size, size), layout="constrained")
    axes = figure.subplots()
    shares = counts / np.maximum(counts.sum(1, keepdims=True), 1)
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    installed = {font.name for font in font_manager.fontManager.ttflist}
    fonts = [font for font in CJK_FONTS if font in installed]
    names = [f"{i} {label}" for i, label in enumerate(labels)]
    if not fonts:  # what can't be drawn is left out; the number of the class still tells
        names = [name.encode("ascii", "ignore").decode() for name in names]
    family = [*fonts, "DejaVu Sans"]  # named here, since it is drawn after this function's end
    axes.set_xticks(range(len(labels)), names, rotation=90, family=family)
    axes.set_yticks(range(len(labels)), names, family=family)
    axes.set_xlabel("predicted")
    axes.set_ylabel("true")
    if len(labels) <= 20:
        for i, j in np.ndindex(*counts.shape):
            colour = "white" if shares[i, j] > 0.5 else "black"
            axes.text(j, i, f"{counts[i, j]:,}", ha="center", va="center", color=colour)
    return figure


CJK_FONTS = ("Noto Sans CJK SC", "Noto Sans CJK JP", "Microsoft YaHei", "PingFang SC", "SimHei")


def write_predictions(path: Path, evaluated: Evaluated, labels: Sequence[str]) -> None:
    """Write ``id, text, label, probability of each class`` in the order of the rows.

    ``text`` is the original, and ``label`` the predicted one; where the rows have labels, the true
    one stands as ``true``.

    Args:
        path: the CSV file, written beside and renamed.
        evaluated: the rows and their probabilities.
        labels: names of the classes.
    """
    table = evaluated.table
    true = table["label"].to_pylist() if "label" in table.column_names else None
    header = ["id", "text", "label", *(["true"] if true else []), *(f"p({x})" for x in labels)]
    predicted = evaluated.probabilities.argmax(-1).tolist()
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    with beside.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        ids, texts = table["id"].to_pylist(), table["original"].to_pylist()
        for i, probabilities in enumerate(evaluated.probabilities.tolist()):
            truth = [true[i]] if true else []
            shares = (f"{p:.6f}" for p in probabilities)
            writer.writerow([ids[i], texts[i], labels[predicted[i]], *truth, *shares])
    os.replace(beside, path)
