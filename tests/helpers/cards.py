"""Cards as tests need them, their target named in words."""

from __future__ import annotations

from collections.abc import Sequence

from weitiao.card import TargetCard
from weitiao.targets.hierarchy import PathTarget
from weitiao.targets.label_set import SetTarget
from weitiao.targets.number import NumberTarget
from weitiao.targets.one_class import ClassTarget
from weitiao.targets.positives import PositivesTarget
from weitiao.targets.scale import ScaleTarget


def target_card(
    task: str = "classification",
    labels: Sequence[str] = (),
    counts: Sequence[int] = (),
    *,
    mean: float = 0.0,
    scale: float = 1.0,
) -> TargetCard:
    """The fitted target of a task, by the name that `--task` has for it."""
    if task == "regression":
        return NumberTarget(mean, scale)
    if task == "retrieval":
        return PositivesTarget()
    if task == "hierarchical":
        return PathTarget([*labels], [*counts], "/")
    kinds = {"classification": ClassTarget, "multilabel": SetTarget, "ordinal": ScaleTarget}
    return kinds[task]([*labels], [*counts])
