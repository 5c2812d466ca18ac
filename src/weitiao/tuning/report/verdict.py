"""What a search has shown, in a sentence or two: whether anything beats the start, and by what."""

from __future__ import annotations

import optuna

from weitiao.tuning.outcomes import best_ones, is_start, ranked, start_of
from weitiao.tuning.report.objectives import objectives
from weitiao.tuning.watch import numbers


def verdict(study: optuna.Study) -> list[str]:
    """Ties of the best, and what they are beside the start, where it was measured."""
    best, start, goal = best_ones(study), start_of(study), objectives(study)[0]
    lines = []
    if len(best) > 1:
        lines.append(f"! {numbers(best)} have the same {goal}: none is better than the others")
    if start is None or len(ranked(study)) == 1:
        return lines
    if is_start(best[0]):
        lines.append(f"! no trial has a better {goal} than the start, which was searched from")
    return lines
