"""What a test split of several files scores in each of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from weitiao.evaluation.flat_metrics import scores
from weitiao.objectives.base import Objective
from weitiao.objectives.display import said
from weitiao.training.evaluation_rows import Evaluated
from weitiao.training.rowwise import taken

MOST = 20
"""Files that are told apart; of more, each is a document, and no source."""


def scores_by_file(tested: Evaluated, objective: Objective) -> dict[str, float]:
    """The metric that is looked at first, such as ``test/perplexity/FILE``, of each file's rows;
    nothing where there is one file."""
    files = np.array(tested.table["file"].to_pylist())
    names = [*dict.fromkeys(files.tolist())]
    if not 1 < len(names) <= MOST:
        return {}
    found, first = {}, objective.first
    for name in names:
        values = (tested.predictions, tested.decided, tested.targets)
        predicted, decided, targets = (taken(each, files == name) for each in values)
        found[f"test/{first}/{name}"] = scores(predicted, decided, targets, objective, "")[first]
    return found


def told_by_file(metrics: Mapping[str, Any], objective: Objective) -> str | None:
    """A line on these scores; null where there are none."""
    first = f"test/{objective.first}"
    parts = [
        f"{name.removeprefix(f'{first}/')} {said(first, value)}"
        for name, value in metrics.items()
        if name.startswith(f"{first}/")
    ]
    return (
        f"{dict(objective.shown)[objective.first]} by file: {', '.join(parts)}" if parts else None
    )
