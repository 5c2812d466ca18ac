"""The labelled rows that an export is checked on, and how well a model does on them."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import torch

from weitiao.data.datamodule import DataModule
from weitiao.errors import ConfigError
from weitiao.models.module import Module
from weitiao.objectives.base import Batch, Objective, Values
from weitiao.objectives.units import UnitObjective, window_inputs
from weitiao.training.rowwise import in_order


class CheckedRows(NamedTuple):
    """Labelled rows, and what the model says of them before it is exported.

    Args:
        texts: ``N`` texts as they came, before they are cleaned, or after; of a pair the first.
        pairs: the second ones; null = there are none.
        predictions: of the model.
        targets: in the form of the decisions.
        inputs: what its graph reads of some of them.
    """

    texts: list[str]
    pairs: list[str] | None
    predictions: Values
    targets: Values
    inputs: dict[str, torch.Tensor]


def checked_rows(
    module: Module, data: DataModule, split: str, *, cleaned: bool = False
) -> CheckedRows:
    """Ask the model of the rows of a split.

    Args:
        cleaned: whether the folder is given texts that were cleaned before.

    Raises:
        ConfigError: there is no row.
    """
    loader = data.val_dataloader() if split == "val" else data.test_dataloader()
    batches, inputs = [], None
    with torch.inference_mode():
        for batch in loader:
            found = module.objective.evaluate(module.backbone, batch)
            batches.append({"row": batch["row"], **found.of_rows()})
            inputs = _read_by_graph(module.objective, batch)  # the last ones are the longest
    rows = in_order(batches) if batches else None
    if rows is None or inputs is None:
        raise ConfigError(f"there are no rows of {split} to check the export on")
    table = data.rows(split)
    texts = table["text" if cleaned else "original"].to_pylist()
    pairs = table["pair"].to_pylist() if "pair" in table.column_names else None
    return CheckedRows(texts, pairs, rows["predictions"], rows["targets"], inputs)


def _read_by_graph(objective: Objective, batch: Batch) -> dict[str, torch.Tensor]:
    """What a graph reads of a batch's longest row, twice: a size of 1 would be taken for fixed."""
    inputs = {name: torch.cat([values[-1:]] * 2) for name, values in batch["inputs"].items()}
    if not isinstance(objective, UnitObjective):
        return inputs
    pieces = torch.cat([batch["pieces"][-1:]] * 2)
    return window_inputs({"inputs": inputs, "pieces": pieces}, objective.longest)


class Quality(NamedTuple):
    """How well predictions do.

    Args:
        score: the first metric of the objective.
        calibration: the calibration error; null = the objective has none.
        same: share of the rows with the decision of the model before it was exported.
        apart: largest difference of a prediction from it; where that is no number, the share of
            rows with another decision, if it is larger.
    """

    score: float
    calibration: float | None
    same: float
    apart: float


def quality(said: Values, rows: CheckedRows, objective: Objective) -> Quality:
    """Measure predictions of the rows."""
    decided, before = objective.decide(said), objective.decide(rows.predictions)
    found = objective.measure(said, decided, rows.targets)
    ece, score = found.get("ece"), float(found[objective.first])
    if isinstance(said, torch.Tensor) and isinstance(rows.predictions, torch.Tensor):
        same = float(_close(decided, before).reshape(len(decided), -1).all(1).float().mean())
        apart = float((said - rows.predictions).abs().max())
    else:
        same = float(np.mean([one == other for one, other in zip(decided, before, strict=True)]))
        apart = max(1 - same, _largest_difference(said, rows, objective))
    return Quality(score, None if ece is None else float(ece), same, apart)


def _largest_difference(said: Values, rows: CheckedRows, objective: Objective) -> float:
    """That of a number beside the decisions, such as a probability."""
    ours, theirs = (
        objective.columns(found, objective.decide(found), rows.texts)
        for found in (rows.predictions, said)
    )
    numbers = (name for name, column in ours.items() if isinstance(column[0], float))
    return max(
        (float(np.abs(np.subtract(ours[name], theirs[name])).max()) for name in numbers),
        default=0.0,
    )


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
