"""What a split of several files scores in each of them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pyarrow.compute as pc

from weitiao.objectives.base import Objective
from weitiao.objectives.display import said
from weitiao.objectives.flat_metrics import scores
from weitiao.training.rowwise import taken

if TYPE_CHECKING:
    from weitiao.training.evaluation_rows import Evaluated

MOST = 20
"""Files that are told apart; of more, each is a document, and no source."""


def scores_by_file(seen: Evaluated, objective: Objective, split: str) -> dict[str, float]:
    """The metric that is looked at first, such as ``test/perplexity/FILE``, of each file's rows;
    nothing where there is one file, nor of a file whose rows have none."""
    found, first = {}, objective.first
    for name in _files(seen):
        rows = pc.equal(seen.table["file"], name).to_numpy()
        values = (seen.predictions, seen.decided, seen.targets)
        predicted, decided, targets = (taken(each, rows) for each in values)
        score = scores(predicted, decided, targets, objective, "")[first]
        if not math.isnan(score):
            found[f"{split}/{first}/{name}"] = score
    return found


def told_by_file(metrics: Mapping[str, Any], tested: Evaluated, objective: Objective) -> str | None:
    """A line on these scores; null where there is one file."""
    first, parts = f"test/{objective.first}", list[str]()
    for name in _files(tested):
        score = metrics.get(f"{first}/{name}")
        parts.append(f"{name} {'has none' if score is None else said(first, score)}")
    return (
        f"{dict(objective.shown)[objective.first]} by file: {', '.join(parts)}" if parts else None
    )


def _files(tested: Evaluated) -> list[str]:
    """The files of the rows, in their order, where they are told apart."""
    names: list[str] = pc.unique(tested.table["file"]).to_pylist()
    return names if 1 < len(names) <= MOST else []
