"""The rows of an evaluation: predictions, pictures, worst mistakes."""

from dataclasses import dataclass
from typing import Any

import lightning.pytorch as L
import numpy as np
import pyarrow as pa
import torch
from lightning.pytorch.callbacks import Callback
from lightning.pytorch.loggers import TensorBoardLogger

from weitiao.data.datamodule import DataModule
from weitiao.models.module import Module
from weitiao.objectives.base import Objective, Values
from weitiao.training.by_file import scores_by_file
from weitiao.training.optional_parts import Dispensable
from weitiao.training.rowwise import Predicted, Rowwise, as_array, decide, in_order, taken
from weitiao.training.said_before import SaidBefore, line

WORST = 20  # mistakes shown
SHOWN = 200  # characters of a text in TensorBoard


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
        self._before = {split: SaidBefore() for split in ("val", "test")}

    def state_dict(self) -> dict[str, Any]:
        """What was said in earlier evaluations, if anything was."""
        return {split: before.said for split, before in self._before.items() if before.said}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on with what was said before the run was stopped."""
        self._before |= {split: SaidBefore(said) for split, said in state_dict.items()}

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
        assert isinstance(trainer.datamodule, DataModule)
        assert isinstance(pl_module, Module)
        if (seen := in_order(batches)) is None:
            return
        rows, found, losses = (as_array(seen[name]) for name in ("row", "predictions", "losses"))
        # by row, since a limited evaluation (limit_val_batches) has not seen all of them
        table = trainer.datamodule.rows(split).take(pa.array(rows))
        decided = decide(pl_module.objective, seen["predictions"])
        targets = as_array(seen["targets"])
        shown = trainer.datamodule.input.shown_as
        known = (table, found, decided, targets, np.asarray(losses), rows)
        self.of[split] = Evaluated(*known, shown_as=shown)
        by_file = {}
        if split == "val":  # those of test are written with the others
            with self._dispensable.part("the scores of each file"):
                by_file = scores_by_file(self.of[split], pl_module.objective, split)
        for logger in trainer.loggers:
            if by_file:  # at the step that Lightning logs the others at
                step = max(trainer.global_step - 1, 0)
                logger.log_metrics({**by_file, "epoch": trainer.current_epoch}, step)
            if isinstance(logger, TensorBoardLogger):
                self._show(logger, pl_module.objective, split, trainer.global_step)

    def _show(self, logger: TensorBoardLogger, objective: Objective, split: str, step: int) -> None:
        seen, board = self.of[split], logger.experiment
        with self._dispensable.part(f"the picture of {split} in TensorBoard"):
            if (drawn := objective.figure(seen.decided, seen.targets)) is not None:
                name, figure = drawn
                board.add_figure(f"{split}/{name}", figure, step)
        with self._dispensable.part(f"the answers of {split} in TensorBoard"):
            if places := objective.sampled(seen.decided):
                some = np.array(places)
                rows = seen.table.take(pa.array(some)).to_pylist()
                said = objective.texts(taken(seen.decided, some))
                table = self._before[split].table(step, rows, said)
                board.add_text(f"{split}/answers", table, step)
        with self._dispensable.part(f"the worst mistakes of {split} in TensorBoard"):
            board.add_text(f"{split}/worst_mistakes", worst_mistakes(seen, objective), step)


def signatures(trainer: L.Trainer, objective: Objective, split: str) -> dict[str, str]:
    """How the scores of the split that was last evaluated were measured, such as
    ``test/bleu_signature``; of other processes than the first, nothing."""
    seen = [c.of for c in trainer.callbacks if isinstance(c, EvaluationRows)]
    return {
        f"{split}/{name}_signature": how
        for of in seen
        if split in of
        for name, how in objective.signatures(of[split].decided, of[split].targets).items()
    }


def worst_mistakes(evaluated: Evaluated, objective: Objective) -> str:
    """The wrong rows of highest loss as a Markdown table."""
    losses = evaluated.losses
    wrong = np.flatnonzero(objective.wrong(evaluated.decided, evaluated.targets))
    worst = wrong[np.argsort(-losses[wrong], kind="stable")][:WORST]
    found = objective.texts(taken(evaluated.decided, worst))
    sure = ["probability"] if objective.classes else []  # a value comes without one
    columns = ["loss", "label", "predicted", *sure, "id", "text"]
    lines = [line(columns), line(["---"] * len(columns))]
    for i, given in zip(worst.tolist(), found, strict=True):
        row = evaluated.table.slice(i, 1).to_pylist()[0]
        text = " ⏎ ".join(filter(None, (row["original"], row.get("pair"))))
        text = text if len(text) <= SHOWN else f"{text[:SHOWN]}…"
        sure = [f"{evaluated.predictions[i].max():.3f}"] if objective.classes else []
        cells = [f"{losses[i]:.2f}", row.get("label", ""), given, *sure, row["id"], text]
        lines.append(line(cells))
    return "\n".join(lines)
