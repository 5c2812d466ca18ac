"""The labelled rows that an export is checked on, and how well a model does on them."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import torch

from weitiao.data.datamodule import TextDataModule
from weitiao.errors import ConfigError
from weitiao.models.module import Module
from weitiao.objectives.base import Objective
from weitiao.training.rowwise import in_order


class CheckedRows(NamedTuple):
    """Labelled rows, and what the model says of them before it is exported.

    Args:
        texts: ``N`` texts as they came, before they are cleaned, or after; of a pair the first.
        pairs: the second ones; null = there are none.
        predictions: ``(N, …)`` of the model.
        targets: ``(N, …)``.
        inputs: what the model reads of a batch of them.
    """

    texts: list[str]
    pairs: list[str] | None
    predictions: torch.Tensor
    targets: torch.Tensor
    inputs: dict[str, torch.Tensor]


def checked_rows(
    module: Module, data: TextDataModule, split: str, *, cleaned: bool = False
) -> CheckedRows:
    """Ask the model of the rows of a split.

    Args:
        cleaned: whether the folder is given texts that were cleaned before.

    Raises:
        ConfigError: there is no row; or the predictions are no tensors.
    """
    loader = data.val_dataloader() if split == "val" else data.test_dataloader()
    batches, inputs = [], None
    with torch.inference_mode():
        for number, batch in enumerate(loader):
            batches.append(module.predict_step(batch, number) | {"target": batch["target"]})
            inputs = inputs or batch["inputs"]
    found = in_order(batches) if batches else None
    if found is None or inputs is None:
        raise ConfigError(f"there are no rows of {split} to check the export on")
    predictions, targets = found["predictions"], found["target"]
    if not isinstance(predictions, torch.Tensor) or not isinstance(targets, torch.Tensor):
        kind = type(module.objective).__name__
        raise ConfigError(f"the predictions of {kind} are no tensors: it can't be exported")
    table = data.rows(split)
    texts = table["text" if cleaned else "original"].to_pylist()
    pair = "pair" in table.column_names
    two = {name: torch.cat([values, values]) for name, values in inputs.items()}  # rows, at least
    return CheckedRows(
        texts, table["pair"].to_pylist() if pair else None, predictions, targets, two
    )


class Quality(NamedTuple):
    """How well predictions do.

    Args:
        score: the first metric of the objective.
        calibration: the calibration error; null = the objective has none.
        same: share of the rows with the decision of the model before it was exported.
        apart: largest difference of a prediction from it.
    """

    score: float
    calibration: float | None
    same: float
    apart: float


def quality(said: np.ndarray | torch.Tensor, rows: CheckedRows, objective: Objective) -> Quality:
    """Measure predictions ``(N, …)`` of the rows."""
    predictions = torch.as_tensor(said).to(rows.predictions.dtype)
    decided, before = objective.decide(predictions), objective.decide(rows.predictions)
    found = objective.measure(predictions, decided, rows.targets)
    same = _close(decided, before).reshape(len(decided), -1).all(1).float().mean()
    apart = (predictions - rows.predictions).abs().max()
    ece = found.get("ece")
    score = float(found[objective.first])
    return Quality(score, None if ece is None else float(ece), float(same), float(apart))


def _close(decided: Any, before: Any) -> torch.Tensor:
    if decided.is_floating_point():
        return torch.isclose(decided, before, rtol=1e-3, atol=1e-6)
    return decided == before


def in_chunks(rows: CheckedRows, size: int) -> Sequence[tuple[list[str], list[str] | None]]:
    """Texts and second texts, so many at a time."""
    starts = range(0, len(rows.texts), size)
    return [
        (rows.texts[i : i + size], None if rows.pairs is None else rows.pairs[i : i + size])
        for i in starts
    ]
