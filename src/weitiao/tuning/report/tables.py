"""Results of a study: a table for the terminal, a sentence or two, all trials as CSV."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import optuna
from optuna.trial import FrozenTrial, TrialState
from rich.markup import escape
from rich.table import Table

from weitiao.io.csv_file import write_csv
from weitiao.objectives.display import cell, titled
from weitiao.tuning.outcomes import (
    best_ones,
    front,
    is_start,
    objectives,
    ranked,
    score,
    start_of,
    trials_of,
)
from weitiao.tuning.report.names import short_keys, shown, shown_time
from weitiao.tuning.watch import numbers

TOP = 10
FACTS = ("start", "seconds", "folder", "reason", "worker", "threads")
"""Of ``trial.user_attrs``, what stands in the CSV."""


def top_table(study: optuna.Study) -> Table:
    """The best trials, best first; where none ended well, the pruned ones by their last value."""
    title, head, rows = top_rows(study)
    table = Table(title=escape(title), title_justify="left")
    for name in head:
        table.add_column(escape(name), justify="right")
    for row in rows:
        table.add_row(*map(escape, row))
    return table


def top_rows(study: optuna.Study) -> tuple[str, list[str], list[list[str]]]:
    """Title, head and rows of the table of the best trials."""
    trials, title = ranked(study), "best of {} trials"
    if not trials:
        trials, title = (
            ranked(study, TrialState.PRUNED),
            "no trial ended well; best of {} pruned ones",
        )
    top, on_front, start = trials[:TOP], front(study), start_of(study)
    if start and start not in top:
        top = [*top, start]
    if trials and len(equal := best_ones(study)) > 1:
        title += f"; the first {len(equal)} are equal"
    keys = short_keys(dict.fromkeys(key for trial in top for key in trial.params))
    beside = ["− start"] if start else []
    marks = ["front"] if on_front else []
    goals = objectives(study)
    head = ["trial", *map(titled, goals), *beside, *marks, "time", *keys.values()]
    rows = [
        [
            f"{trial.number} (start)" if is_start(trial) else str(trial.number),
            *map(_cell, goals, _values(trial, goals)),
            *([_difference(goals[0], trial, start)] if start else []),
            *(["●" if trial.number in on_front else ""] if on_front else []),
            shown_time(trial.user_attrs.get("seconds")),
            *(shown(trial.params[key]) if key in trial.params else "–" for key in keys),
        ]
        for trial in top
    ]
    return title.format(len(trials)), head, rows


def write_trials(study: optuna.Study, path: Path) -> None:
    """Write all trials, failed ones too, a row each; values and parameters to the last digit."""
    trials = trials_of(study)
    keys = list(dict.fromkeys(key for trial in trials for key in trial.params))
    several, on_front = len(study.directions) > 1, front(study)
    values = [*objectives(study), "front"] if several else ["value"]
    rows: list[list[Any]] = [["trial", "state", *values, *FACTS, *keys]]
    for trial in trials:
        scores = _values(trial, objectives(study))
        mark = [trial.number in on_front] if several else []
        facts = (trial.user_attrs.get(name) for name in FACTS)
        # null is a value; a cell is empty where the trial's branch has no such key
        params = {key: "null" if v is None else v for key, v in trial.params.items()}
        own = (params.get(key) for key in keys)
        rows.append([trial.number, trial.state.name, *scores, *mark, *facts, *own])
    write_csv(path, rows)


def _values(trial: FrozenTrial, goals: Sequence[str]) -> list[float | None]:
    return [*(trial.values or [score(trial), *[None] * (len(goals) - 1)])]


def _cell(goal: str, value: float | None) -> str:
    return "–" if value is None else cell(goal, value)


def _difference(goal: str, trial: FrozenTrial, start: FrozenTrial) -> str:
    return "" if trial is start else cell(goal, trial.values[0] - start.values[0], "+")


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
