"""The metrics of an objective as flat values, such as ``test/f1_macro``."""

from typing import Any

import numpy as np
import torch

from weitiao.objectives.base import Objective


def scores(
    predictions: Any,
    decided: Any,
    targets: Any,
    objective: Objective,
    prefix: str,
    *,
    ranked: bool = True,
) -> dict[str, float]:
    """What `Objective.measure` finds, as flat values under ``prefix``."""
    rows = (
        torch.tensor(values) if isinstance(values, np.ndarray) else values
        for values in (predictions, decided, targets)
    )
    values = objective.measure(*rows, ranked=ranked)
    return {f"{prefix}{name}": float(value) for name, value in values.items()}
