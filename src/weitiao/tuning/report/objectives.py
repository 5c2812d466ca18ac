"""What a study looks for: names of its objectives, and the front of several."""

from __future__ import annotations

import optuna


def objectives(study: optuna.Study) -> list[str]:
    """A name for each objective, e.g. ``["val/f1_macro", "latency_ms"]``."""
    names = study.user_attrs.get("objectives") or ["score"]
    return [*names, *(f"objective {i}" for i in range(len(names), len(study.directions)))]


def front(study: optuna.Study) -> set[int]:
    """Numbers of the trials of which no other is better in all objectives; empty for one."""
    return {t.number for t in study.best_trials} if len(study.directions) > 1 else set()
