"""Which trial comes next: one worker at a time asks, so that none is drawn or taken up twice."""

from __future__ import annotations

import time
from typing import Literal

import numpy as np
import optuna
from filelock import FileLock
from optuna.samplers import BaseSampler, QMCSampler, RandomSampler, TPESampler
from optuna.trial import FrozenTrial, TrialState

from weitiao.tuning.lease import Lease, alive
from weitiao.tuning.options import Search
from weitiao.tuning.space import Point, grid, parse_space, suggest
from weitiao.tuning.study import ENDED, died, trials_of

FAILURES_IN_A_ROW = 5
ATTEMPTS = 3  # at a point whose workers die: perhaps it is the point that kills them

Turn = tuple[optuna.Trial, Point] | Literal["wait", "end"]


class Dispatcher:
    """Hands out trials to the workers of a study.

    Args:
        study: the study.
        search: how the space is searched.
        lease: of the worker that asks.
        first: number of the first trial that may count as a failure of this call.
        deadline: time, in seconds since the epoch, after which none begins; null = none.
    """

    def __init__(
        self,
        study: optuna.Study,
        search: Search,
        lease: Lease,
        first: int,
        deadline: float | None,
    ) -> None:
        self.study, self.search, self.lease = study, search, lease
        self.first, self.deadline = first, deadline
        self.space = parse_space(study.user_attrs["space"], "search space")
        self.grid = shuffled(grid(self.space), search.seed) if search.sampler == "grid" else None
        self._lock = FileLock(search.folder / "ask.lock")

    @property
    def total(self) -> int:
        """Trials to end with."""
        return min(self.search.trials, len(self.grid)) if self.grid else self.search.trials

    def next(self) -> Turn:
        """A trial and its point; or to wait for what others run, or that nothing is left."""
        with self._lock:
            self._take_up()
            trials = trials_of(self.study)
            states = [trial.state for trial in trials]
            ended = sum(state in ENDED for state in states)
            running = states.count(TrialState.RUNNING)
            late = self.deadline is not None and time.time() > self.deadline
            if late or ended >= self.total or failures_in_a_row(trials, self.first):
                return "end"
            if ended + running >= self.total:
                return "wait"
            if self.grid and TrialState.WAITING not in states and not self._enqueue(trials):
                return "wait" if running else "end"
            return self._ask(len(trials))

    def _take_up(self) -> None:
        """Fail what dead workers ran, and put their points back into the queue."""
        workers = self.search.folder / "workers"
        for trial in trials_of(self.study, TrialState.RUNNING):
            # one without a worker: who asked for it died before the lock was ours
            if not alive(workers, trial.user_attrs.get("worker", "")):
                self.study.tell(trial.number, state=TrialState.FAIL, skip_if_finished=True)
        trials = trials_of(self.study)
        again = {trial.user_attrs.get("again") for trial in trials}
        for trial in filter(died, trials):
            point = trial.system_attrs.get("fixed_params", {}) | trial.params
            attempt = trial.user_attrs.get("attempt", 1)
            if point and trial.number not in again and attempt < ATTEMPTS:
                facts = {"again": trial.number, "attempt": attempt + 1}
                if "point" in trial.user_attrs:
                    facts["point"] = trial.user_attrs["point"]
                self.study.enqueue_trial(point, facts)

    def _enqueue(self, trials: list[FrozenTrial]) -> bool:
        """Queue the next point of the grid that nobody has taken; whether there is one."""
        assert self.grid
        taken = {
            trial.user_attrs.get("point")
            for trial in trials
            if not died(trial) or trial.user_attrs.get("attempt", 1) >= ATTEMPTS
        }
        for number, point in enumerate(self.grid):
            if number not in taken:
                self.study.enqueue_trial(point, {"point": number})
                return True
        return False

    def _ask(self, number: int) -> tuple[optuna.Trial, Point]:
        self.study.sampler = sampler_of(self.search, number)
        trial = self.study.ask()
        point = suggest(trial, self.space)
        trial.set_user_attr("worker", self.lease.name)
        return trial, point


def sampler_of(search: Search, number: int) -> BaseSampler:
    """The sampler of trial ``number``: workers that share a seed would repeat each other."""
    seed = int(np.random.SeedSequence([search.seed, number]).generate_state(1)[0])
    match search.sampler:
        case "tpe":
            return TPESampler(seed=seed, constant_liar=True)
        case "qmc":  # counts its points in the study; the seed is that of the whole sequence
            return QMCSampler(
                scramble=True,
                seed=search.seed,
                independent_sampler=RandomSampler(seed),
                warn_independent_sampling=False,
            )
        case _:
            return RandomSampler(seed)


def shuffled(points: list[Point], seed: int) -> list[Point]:
    """The points in an order of chance: a part of them tells of all ranges."""
    return [points[i] for i in np.random.default_rng(seed).permutation(len(points))]


def failures_in_a_row(trials: list[FrozenTrial], first: int) -> list[FrozenTrial]:
    """The last trials, if they all failed on their own.

    Args:
        trials: all of a study.
        first: number of the first that may count.
    """
    finished = [t for t in trials if t.number >= first and t.state.is_finished() and not died(t)]
    last = sorted(finished, key=lambda t: (t.datetime_complete, t.number))[-FAILURES_IN_A_ROW:]
    failed = [trial for trial in last if trial.state == TrialState.FAIL]
    return failed if len(failed) == FAILURES_IN_A_ROW else []
