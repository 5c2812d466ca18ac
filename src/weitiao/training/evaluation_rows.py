"""What an evaluation leaves for people: predictions, pictures, worst mistakes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import lightning.pytorch as L
import numpy as np
import pyarrow as pa
import torch
from lightning.pytorch.callbacks import Callback
from lightning.pytorch.loggers import TensorBoardLogger

from weitiao import distributed
from weitiao.data.datamodule import TextDataModule
from weitiao.models.module import Module
from weitiao.objectives.base import Objective, Values
from weitiao.training.optional_parts import Dispensable

WORST = 20  # mistakes shown
SHOWN = 200  # characters of a text in TensorBoard
Rowwise = Any
"""Something of each row: an array ``(N, …)``, or a list of Python values, such as texts."""


@dataclass(frozen=True)
class Predicted:
    """Rows and what the model says of them.

    Args:
        table: ``N`` readable rows.
        predictions: of each row, as the objective makes them.
        decided: likewise, what a row is said to be.
        bad: rows that were set aside, as `TextDataModule.set_aside` has them; null = any would
            have been refused.
    """

    table: pa.Table
    predictions: Rowwise
    decided: Rowwise
    bad: Sequence[Mapping[str, Any]] | None = field(default=None, kw_only=True)


@dataclass(frozen=True)
class Evaluated(Predicted):
    """The labelled rows an evaluation has seen, in the order of the split.

    Args:
        targets: as ``decided``.
        losses: ``(N,)``.
        rows: ``(N,)``, the place of each in the split.
    """

    targets: Rowwise
    losses: np.ndarray
    rows: np.ndarray


class EvaluationRows(Callback):
    """Collects predictions and loss of each row, and shows them after each evaluation."""

    def __init__(self) -> None:
        self._batches: list[dict[str, Values]] = []
        self.of: dict[str, Evaluated] = {}
        self._dispensable = Dispensable()

    def on_validation_batch_end(
        self, trainer: L.Trainer, pl_module: L.LightningModule, outputs: Any, *_: Any
    ) -> None:
        """Keep a batch."""
        self._batches.append(
            {name: x.cpu() if isinstance(x, torch.Tensor) else x for name, x in outputs.items()}
        )

    on_test_batch_end = on_validation_batch_end

    def on_validation_end(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        """Bring rows into order; show them in TensorBoard unless this is the sanity check."""
        self._finish(trainer, pl_module, "val")

    def on_test_end(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        """Bring rows into order and show them in TensorBoard."""
        self._finish(trainer, pl_module, "test")

    def _finish(self, trainer: L.Trainer, pl_module: L.LightningModule, split: str) -> None:
        batches, self._batches = self._batches, []
        if trainer.sanity_checking or not batches:
            return
        assert isinstance(trainer.datamodule, TextDataModule)
        assert isinstance(pl_module, Module)
        if (seen := in_order(batches)) is None:
            return
        rows, found, losses = (as_array(seen[name]) for name in ("row", "predictions", "losses"))
        # by row, since a limited evaluation (limit_val_batches) has not seen all of them
        table = trainer.datamodule.rows(split).take(pa.array(rows))
        decided, targets = decide(pl_module, seen["predictions"]), as_array(seen["targets"])
        self.of[split] = Evaluated(table, found, decided, targets, np.asarray(losses), rows)
        for logger in trainer.loggers:
            if isinstance(logger, TensorBoardLogger):
                self._show(logger, pl_module.objective, split, trainer.global_step)

    def _show(self, logger: TensorBoardLogger, objective: Objective, split: str, step: int) -> None:
        seen, board = self.of[split], logger.experiment
        with self._dispensable.part(f"the picture of {split} in TensorBoard"):
            if (drawn := objective.figure(seen.decided, seen.targets)) is not None:
                name, figure = drawn
                board.add_figure(f"{split}/{name}", figure, step)
        with self._dispensable.part(f"the worst mistakes of {split} in TensorBoard"):
            board.add_text(f"{split}/worst_mistakes", worst_mistakes(seen, objective), step)


def in_order(batches: Sequence[Mapping[str, Values]]) -> dict[str, Values] | None:
    """The outputs of all batches, of all processes, in the order of their rows.

    Args:
        batches: of this process; ``row (B,)`` and something of these rows.

    Returns:
        The same of all rows, in main memory, in 32 bits where they are fractions; null in all
        processes but the first.
    """
    own = {name: _joined([batch[name] for batch in batches]) for name in batches[0]}
    shares = distributed.to_first(own)
    if shares is None:
        return None
    whole = {name: _joined([share[name] for share in shares]) for name in own}
    rows = whole["row"]
    assert isinstance(rows, torch.Tensor)
    order = rows.argsort(stable=True)
    return {name: _taken(values, order) for name, values in whole.items()}


def _joined(parts: Sequence[Values]) -> Values:
    tensors = [part.cpu() for part in parts if isinstance(part, torch.Tensor)]
    return torch.cat(tensors) if tensors else [value for part in parts for value in part]


def _taken(values: Values, order: torch.Tensor) -> Values:
    if isinstance(values, torch.Tensor):
        return (values.float() if values.is_floating_point() else values)[order]
    return [values[i] for i in order.tolist()]


def as_array(values: Values) -> Any:
    """A tensor as an array; Python values as they are."""
    return values.numpy() if isinstance(values, torch.Tensor) else values


def decide(module: Module, predictions: Values) -> Any:
    """What the module makes of predictions that lie in main memory."""
    if not isinstance(predictions, torch.Tensor):
        return module.objective.decide(predictions)
    device = next(module.parameters()).device
    return module.objective.decide(predictions.to(device)).cpu().numpy()


def worst_mistakes(evaluated: Evaluated, objective: Objective) -> str:
    """The wrong rows of highest loss as a Markdown table."""
    losses = evaluated.losses
    wrong = np.flatnonzero(objective.wrong(evaluated.decided, evaluated.targets))
    worst = wrong[np.argsort(-losses[wrong], kind="stable")][:WORST]
    found = objective.texts(taken(evaluated.decided, worst))
    sure = ["probability"] if objective.classes else []  # a value comes without one
    columns = ["loss", "label", "predicted", *sure, "id", "text"]
    lines = [_line(columns), _line(["---"] * len(columns))]
    for i, given in zip(worst.tolist(), found, strict=True):
        row = evaluated.table.slice(i, 1).to_pylist()[0]
        text = " ⏎ ".join(filter(None, (row["original"], row.get("pair"))))
        text = text if len(text) <= SHOWN else f"{text[:SHOWN]}…"
        sure = [f"{evaluated.predictions[i].max():.3f}"] if objective.classes else []
        cells = [f"{losses[i]:.2f}", row["label"], given, *sure, row["id"], text]
        lines.append(_line([" ".join(cell.split()).replace("|", "\\|") for cell in cells]))
    return "\n".join(lines)


def taken(values: Rowwise, rows: np.ndarray) -> Any:
    """Some rows of them, by number or by a mask."""
    if isinstance(values, np.ndarray):
        return values[rows]
    return [values[i] for i in np.arange(len(values))[rows].tolist()]


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
