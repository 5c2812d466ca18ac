"""Which trials are better: by the first objective, and on the front of several."""

from __future__ import annotations

import math

import optuna
from optuna.study import StudyDirection
from optuna.trial import FrozenTrial, TrialState


def objectives(study: optuna.Study) -> list[str]:
    """A name for each objective, e.g. ``["val/f1_macro", "latency_ms"]``."""
    names = study.user_attrs.get("objectives") or [study.user_attrs.get("monitor") or "score"]
    return [*names, *(f"objective {i}" for i in range(len(names), len(study.directions)))]


def score(trial: FrozenTrial) -> float | None:
    """The first objective's value, of a pruned trial the last one that was reported."""
    if trial.values:
        return trial.values[0]
    return trial.intermediate_values[trial.last_step] if trial.last_step is not None else None


def ended(study: optuna.Study) -> list[FrozenTrial]:
    """The trials that ended well, the best by the first objective first."""
    return _sorted(study, study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,)))


def pruned(study: optuna.Study) -> list[FrozenTrial]:
    """The trials that were ended early, the best by their last value first."""
    trials = study.get_trials(deepcopy=False, states=(TrialState.PRUNED,))
    return _sorted(study, [t for t in trials if not math.isnan(score(t) or 0.0)])


def front(study: optuna.Study) -> set[int]:
    """Numbers of the trials of which no other is better in all objectives; empty for one."""
    return {t.number for t in study.best_trials} if len(study.directions) > 1 else set()


def _sorted(study: optuna.Study, trials: list[FrozenTrial]) -> list[FrozenTrial]:
    sign = -1 if study.directions[0] == StudyDirection.MAXIMIZE else 1

    def rank(trial: FrozenTrial) -> tuple[float, int]:
        value = score(trial)
        return math.inf if value is None else sign * value, trial.number

    return sorted(trials, key=rank)
