"""Hands out trials: one worker at a time asks, so that none is drawn or run twice."""

import time
from typing import Literal

import optuna
from filelock import FileLock
from optuna.trial import FrozenTrial, TrialState

from weitiao.tuning.fitting import point_of
from weitiao.tuning.lease import Lease, alive, ended_in_order
from weitiao.tuning.options import Search
from weitiao.tuning.outcomes import ENDED, died, failures_in_a_row, is_start, trials_of
from weitiao.tuning.samplers import sampler_of, shuffled
from weitiao.tuning.space import Point, grid, parse_space, suggest

ATTEMPTS = 3  # at a point whose workers die: perhaps it is the point that kills them

Turn = tuple[optuna.Trial, Point] | Literal["wait", "end"]


class Dispatcher:
    """Hands out trials to the workers of a study.

    Args:
        lease: of the worker that asks.
        total: trials to end with.
        first: number of the first trial that may count as a failure of this call.
        deadline: time, in seconds since the epoch, after which none begins; null = none.
    """

    def __init__(
        self,
        study: optuna.Study,
        search: Search,
        lease: Lease,
        total: int,
        first: int,
        deadline: float | None,
    ) -> None:
        self.study, self.search, self.lease, self.total = study, search, lease, total
        self.first, self.deadline = first, deadline
        self.space = parse_space(study.user_attrs["space"], "search space")
        self.grid = shuffled(grid(self.space), search.seed) if search.sampler == "grid" else None
        self.start = point_of(study.user_attrs["config"], self.space) if search.start else None
        self._lock = FileLock(search.folder / "ask.lock")

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
            if self.search.start and not trials:
                self._enqueue_start()
            elif self.grid and TrialState.WAITING not in states and not self._enqueue(trials):
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
            if not ended_in_order(workers, trial.user_attrs.get("worker", "")):
                attempt += 1  # Ctrl-C is not the point's fault
            known = point or is_start(trial)
            if known and trial.number not in again and attempt <= ATTEMPTS:
                held = {k: trial.user_attrs[k] for k in ("point", "start") if k in trial.user_attrs}
                self.study.enqueue_trial(point, held | {"again": trial.number, "attempt": attempt})

    def _enqueue_start(self) -> None:
        """Queue what the search starts from; a point of the grid that is the same is taken."""
        facts: dict[str, bool | int] = {"start": True}
        if self.grid and self.start in self.grid:
            facts["point"] = self.grid.index(self.start)
        self.study.enqueue_trial(self.start or {}, facts)

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
        self.study.sampler = sampler_of(self.search, number, self.space)
        trial = self.study.ask()
        outside = is_start(trial) and self.start is None
        point = {} if outside else suggest(trial, self.space)
        trial.set_user_attr("worker", self.lease.name)
        return trial, point
