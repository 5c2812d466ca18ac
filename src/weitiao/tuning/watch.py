"""The progress of a study: one line while it runs, a table on request."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import optuna
from optuna.trial import FrozenTrial, TrialState
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn
from rich.table import Table

from weitiao.objectives.display import said
from weitiao.tuning.lease import alive
from weitiao.tuning.options import Search
from weitiao.tuning.outcomes import ENDED, best_ones, died, is_start, objectives, trials_of

NAMED = 4
"""Up to so many equal trials are named; more are counted."""
NAMES = "names"
"""Attribute of a study that confirms another: its configurations' names, by their files."""


class Watch:
    """Shows the progress of a study: in a terminal as one line, else as a line a trial."""

    def __init__(self, study: optuna.Study, total: int, workers: int, console: Console) -> None:
        self.study, self.total, self.workers, self.console = study, total, workers, console
        self._told = {trial.number for trial in trials_of(study) if trial.state.is_finished()}
        self.ended = len(trials_of(study, *ENDED))
        self._bar = Progress(
            BarColumn(20),
            TextColumn("{task.description}"),
            console=console,
            disable=not console.is_terminal,
        )
        self._task = self._bar.add_task("", total=total)

    def __enter__(self) -> Watch:
        self._bar.start()
        self.refresh()
        if self.ended and not self.console.is_terminal:
            self.say(summary(self.study, self.total, self.workers))
        return self

    def __exit__(self, *_: Any) -> None:
        self._bar.stop()

    def refresh(self) -> None:
        """Show what has changed."""
        trials = trials_of(self.study)
        self.ended = sum(trial.state in ENDED for trial in trials)
        line = summary(self.study, self.total, self.workers)
        self._bar.update(self._task, completed=self.ended, description=line)
        new = [t for t in trials if t.state.is_finished() and t.number not in self._told]
        for trial in new:
            self._told.add(trial.number)
            if not self.console.is_terminal:
                came = outcome(trial, objectives(self.study))
                self.say(f"{called(self.study, [trial])}: {came}   {line}")

    def say(self, text: str) -> None:
        """Print a line above the progress."""
        self.console.print(text, markup=False, soft_wrap=True)


def summary(study: optuna.Study, total: int, workers: int) -> str:
    """Trials done, pruned and failed, the best score and the time left, in one line."""
    trials = trials_of(study)
    ended = [trial for trial in trials if trial.state in ENDED]
    pruned = sum(trial.state == TrialState.PRUNED for trial in trials)
    failed = sum(trial.state == TrialState.FAIL for trial in trials)
    best = best_ones(study)
    value = said(objectives(study)[0], best[0].values[0]) if best else "–"
    shown = f"{value} ({called(study, best)})" if best else "–"
    left = "–"
    if ended:
        mean = sum(trial.user_attrs["seconds"] for trial in ended) / len(ended)
        seconds = mean * max(0, total - len(ended)) / workers
        left = str(timedelta(seconds=round(seconds)))
    return f"{len(ended)}/{total} done, {pruned} pruned, {failed} failed, best {shown}, {left} left"


def numbers(trials: list[FrozenTrial]) -> str:
    """The numbers of trials, as people say them; of many, how many there are."""
    names = [f"{trial.number}{' (start)' if is_start(trial) else ''}" for trial in trials]
    if len(names) == 1:
        return f"trial {names[0]}"
    if len(names) > NAMED:
        return f"{len(names)} trials"
    return f"trials {', '.join(names[:-1])} and {names[-1]}"


def called(study: optuna.Study, trials: list[FrozenTrial]) -> str:
    """As `numbers`; in a confirmation, whose own numbers say nothing, what has which seed."""
    names: dict[str, str] = study.user_attrs.get(NAMES, {})
    said = [
        f"{names[trial.params['config']]} under seed {trial.params['seed_everything']}"
        for trial in trials
        if trial.params.get("config") in names
    ]
    # many are counted, and one that failed early has no values yet
    return " and ".join(said) if len(said) == len(trials) <= NAMED else numbers(trials)


def outcome(trial: FrozenTrial, goals: Sequence[str]) -> str:
    """What came of a finished trial.

    Args:
        goals: names of the objectives.
    """
    if trial.state == TrialState.COMPLETE:
        return ", ".join(map(said, goals, trial.values))
    if trial.state == TrialState.PRUNED:
        return f"pruned after {len(trial.intermediate_values)} validations"
    return "its worker died" if died(trial) else trial.user_attrs["reason"]


def status(study: optuna.Study, search: Search) -> Table | str:
    """The summary, and below it the trials that run, by which worker and for how long, if any."""
    total = study.user_attrs.get("trials", search.trials)
    title = summary(study, total, max(1, search.workers))
    if not (running := trials_of(study, TrialState.RUNNING)):
        return f"{title}; none runs"
    table = Table(title=title, title_justify="left")
    for title in ("trial", "worker", "device", "threads", "running for", ""):
        table.add_column(title)
    for trial in running:
        worker = trial.user_attrs.get("worker", "")
        since = trial.datetime_start or datetime.now()
        age = timedelta(seconds=round((datetime.now() - since).total_seconds()))
        lives = "" if alive(search.folder / "workers", worker) else "dead: will be taken up again"
        facts = (str(trial.user_attrs.get(name, "–")) for name in ("device", "threads"))
        table.add_row(str(trial.number), worker, *facts, str(age), lives)
    return table
