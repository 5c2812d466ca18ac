"""What an evaluation leaves for people: predictions, pictures, worst mistakes."""

from __future__ import annotations

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
from weitiao.card import DataCard
from weitiao.data.datamodule import TextDataModule
from weitiao.models.module import TextModule
from weitiao.targets import target_array
from weitiao.training.figures import confusion_figure, scatter_figure
from weitiao.training.optional_parts import Dispensable

WORST = 20  # mistakes shown
SHOWN = 200  # characters of a text in TensorBoard


@dataclass(frozen=True)
class Predicted:
    """Rows and what the model says of them.

    Args:
        table: ``N`` readable rows.
        predictions: probabilities ``(N, C)``, or values ``(N,)``.
        decided: classes ``(N,)``, labels ``(N, C)`` bool, or values ``(N,)``.
        bad: rows that were set aside, as `TextDataModule.set_aside` has them; null = any would
            have been refused.
    """

    table: pa.Table
    predictions: np.ndarray
    decided: np.ndarray
    bad: Sequence[Mapping[str, Any]] | None = field(default=None, kw_only=True)


@dataclass(frozen=True)
class Evaluated(Predicted):
    """The labelled rows an evaluation has seen, in the order of the split.

    Args:
        targets: as ``decided``.
        losses: ``(N,)``.
        rows: ``(N,)``, the place of each in the split.
    """

    targets: np.ndarray
    losses: np.ndarray
    rows: np.ndarray


class EvaluationRows(Callback):
    """Collects predictions and loss of each row, and shows them after each evaluation."""

    def __init__(self) -> None:
        self._batches: list[dict[str, torch.Tensor]] = []
        self.of: dict[str, Evaluated] = {}
        self._dispensable = Dispensable()

    def on_validation_batch_end(
        self, trainer: L.Trainer, pl_module: L.LightningModule, outputs: Any, *_: Any
    ) -> None:
        """Keep a batch."""
        self._batches.append({name: value.cpu() for name, value in outputs.items()})

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
        assert isinstance(pl_module, TextModule)
        seen = in_order(batches)
        rows, found, losses = seen["row"].numpy(), seen["predictions"], seen["losses"]
        # by row, since a limited evaluation (limit_val_batches) has not seen all of them
        table = trainer.datamodule.rows(split).take(pa.array(rows))
        targets = targets_of(table, pl_module.card)
        decided = decide(pl_module, found)
        self.of[split] = Evaluated(table, found.numpy(), decided, targets, losses.numpy(), rows)
        for logger in trainer.loggers:
            if isinstance(logger, TensorBoardLogger) and trainer.is_global_zero:
                self._show(logger, pl_module.card, split, trainer.global_step)

    def _show(self, logger: TensorBoardLogger, card: DataCard, split: str, step: int) -> None:
        seen, board = self.of[split], logger.experiment
        with self._dispensable.part(f"the picture of {split} in TensorBoard"):
            if card.task == "regression":
                figure = scatter_figure(seen.decided, seen.targets)
                board.add_figure(f"{split}/values", figure, step)
            elif card.task != "multilabel":
                figure = confusion_figure(seen.decided, seen.targets, card.labels)
                board.add_figure(f"{split}/confusion", figure, step)
        with self._dispensable.part(f"the worst mistakes of {split} in TensorBoard"):
            board.add_text(f"{split}/worst_mistakes", worst_mistakes(seen, card), step)


def in_order(batches: Sequence[Mapping[str, torch.Tensor]]) -> dict[str, torch.Tensor]:
    """The outputs of all batches, of all processes, in the order of their rows.

    Args:
        batches: of this process; ``row (B,)`` and values of these rows, ``(B, …)``.

    Returns:
        ``(N,)`` rows and ``(N, …)`` values, in main memory, in 32 bits where they are fractions.
    """
    own = {name: torch.cat([batch[name].cpu() for batch in batches]) for name in batches[0]}
    shares = distributed.of_all(own)
    whole = {name: torch.cat([share[name] for share in shares]) for name in own}
    order = whole["row"].argsort(stable=True)
    return {n: (x.float() if x.is_floating_point() else x)[order] for n, x in whole.items()}


def decide(module: TextModule, predictions: torch.Tensor) -> np.ndarray:
    """What the module makes of predictions that lie in main memory."""
    device = next(module.parameters()).device
    return module.decide(predictions.to(device)).cpu().numpy()


def targets_of(table: pa.Table, card: DataCard) -> np.ndarray:
    """The targets of readable rows: classes ``(N,)``, labels ``(N, C)`` or values ``(N,)``."""
    return target_array(card.target.encode(table))


def worst_mistakes(evaluated: Evaluated, card: DataCard) -> str:
    """The wrong rows of highest loss as a Markdown table."""
    decided, targets, losses = evaluated.decided, evaluated.targets, evaluated.losses
    wrong = decided != targets
    wrong = np.flatnonzero(wrong.any(1) if wrong.ndim == 2 else wrong)
    worst = wrong[np.argsort(-losses[wrong], kind="stable")][:WORST]
    found = card.target.written(decided[worst])
    sure = ["probability"] if card.labels else []  # a value comes without one
    columns = ["loss", "label", "predicted", *sure, "id", "text"]
    lines = [_line(columns), _line(["---"] * len(columns))]
    for i, given in zip(worst.tolist(), found, strict=True):
        row = evaluated.table.slice(i, 1).to_pylist()[0]
        text = " ⏎ ".join(filter(None, (row["original"], row.get("pair"))))
        text = text if len(text) <= SHOWN else f"{text[:SHOWN]}…"
        sure = [f"{evaluated.predictions[i].max():.3f}"] if card.labels else []
        cells = [f"{losses[i]:.2f}", row["label"], given, *sure, row["id"], text]
        lines.append(_line([" ".join(cell.split()).replace("|", "\\|") for cell in cells]))
    return "\n".join(lines)


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
