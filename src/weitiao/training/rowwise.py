"""Predictions of rows, gathered in the order of the rows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

import numpy as np
import pyarrow as pa
import torch

from weitiao import distributed
from weitiao.objectives.base import Objective, Values

Rowwise = Any
"""Something of each row: an array ``(N, …)``, or a list of Python values, such as texts."""


@dataclass(frozen=True)
class Predicted:
    """Rows and what the model says of them.

    Args:
        table: ``N`` readable rows.
        predictions: of each row, as the objective makes them.
        decided: likewise, what a row is said to be.
        bad: rows that were set aside, as `Reader.stream` gives them; null = any would
            have been refused.
        shown_as: what a file calls the cells of the role ``text``.
    """

    table: pa.Table
    predictions: Rowwise
    decided: Rowwise
    bad: Sequence[Mapping[str, Any]] | None = field(default=None, kw_only=True)
    shown_as: str = field(default="text", kw_only=True)


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


def decide(objective: Objective, predictions: Values) -> Any:
    """What the objective makes of predictions that lie in main memory."""
    if not isinstance(predictions, torch.Tensor):
        return objective.decide(predictions)
    beside = next(chain(objective.parameters(), objective.buffers()), predictions)
    return objective.decide(predictions.to(beside.device)).cpu().numpy()


def taken(values: Rowwise, rows: np.ndarray) -> Any:
    """Some rows of them, by number or by a mask."""
    if isinstance(values, np.ndarray):
        return values[rows]
    return [values[i] for i in np.arange(len(values))[rows].tolist()]
