"""Scores as flat values, and lines on what became of the rows before training."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import torch

from weitiao.inputs import FittedInput
from weitiao.objectives.base import Objective
from weitiao.training.contamination import report_line


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


def handling(
    report: Mapping[str, Any], rows: Mapping[str, int], fitted: FittedInput
) -> Iterator[str]:
    """Lines that say what was set aside, cleaned, dropped, cut and seen before training."""
    for split, read in report["read"].items():
        if read["quarantined"]:
            yield f"! {split}: {read['quarantined']:,} rows could not be read and were set aside"
        yield from (f"! {split}: {note}" for note in read["notes"])
    yield from fitted.handling(report, rows)
    if read := report.get("pretrained on"):
        yield report_line(read, rows)
