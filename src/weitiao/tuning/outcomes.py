"""Outcomes of the trials of a study, and the best one."""

import math
from functools import partial

import optuna
from optuna.study import StudyDirection
from optuna.trial import FrozenTrial, TrialState

ENDED = (TrialState.COMPLETE, TrialState.PRUNED)
FAILURES_IN_A_ROW = 5


def trials_of(study: optuna.Study, *states: TrialState) -> list[FrozenTrial]:
    """The trials in these states, or all of them, in order."""
    return study.get_trials(deepcopy=False, states=states or None)


def score(trial: FrozenTrial) -> float | None:
    """The first objective's value, of a pruned trial the last one that was reported."""
    if trial.values:
        return trial.values[0]
    return trial.intermediate_values[trial.last_step] if trial.last_step is not None else None


def ranked(study: optuna.Study, state: TrialState = TrialState.COMPLETE) -> list[FrozenTrial]:
    """The trials in this state, the best by `score` first; those that have none are left out."""
    sign = -1 if study.directions[0] == StudyDirection.MAXIMIZE else 1
    scored = [(score(trial), trial) for trial in trials_of(study, state)]
    known = [(value, t) for value, t in scored if value is not None and not math.isnan(value)]
    return [t for _, t in sorted(known, key=lambda pair: (sign * pair[0], pair[1].number))]


def is_start(trial: FrozenTrial | optuna.Trial) -> bool:
    """Whether this is the configuration that the search started from, and no point of the space."""
    return bool(trial.user_attrs.get("start"))


def start_of(study: optuna.Study) -> FrozenTrial | None:
    """The trial of the configuration that the search started from, if it ended well."""
    return next(filter(is_start, trials_of(study, TrialState.COMPLETE)), None)


def best_ones(study: optuna.Study) -> list[FrozenTrial]:
    """The best trial, and those that scored the same, in order."""
    trials = ranked(study)
    return [
        trial
        for trial in trials
        if all(map(partial(math.isclose, rel_tol=1e-6), trial.values, trials[0].values))
    ]


def died(trial: FrozenTrial) -> bool:
    """Whether the trial failed because its worker ended: one that fails on its own has a reason."""
    return trial.state == TrialState.FAIL and "reason" not in trial.user_attrs


def failures_in_a_row(trials: list[FrozenTrial], first: int) -> list[FrozenTrial]:
    """The last trials, if they all failed on their own.

    Args:
        first: number of the first that may count.
    """
    finished = [t for t in trials if t.number >= first and t.state.is_finished() and not died(t)]
    last = sorted(finished, key=lambda t: (t.datetime_complete, t.number))[-FAILURES_IN_A_ROW:]
    failed = [trial for trial in last if trial.state == TrialState.FAIL]
    return failed if len(failed) == FAILURES_IN_A_ROW else []


def objectives(study: optuna.Study) -> list[str]:
    """A name for each objective, e.g. ``["val/f1_macro", "latency_ms"]``."""
    names = study.user_attrs.get("objectives") or ["score"]
    return [*names, *(f"objective {i}" for i in range(len(names), len(study.directions)))]


def front(study: optuna.Study) -> set[int]:
    """Numbers of the trials of which no other is better in all objectives; empty for one."""
    return {t.number for t in study.best_trials} if len(study.directions) > 1 else set()
