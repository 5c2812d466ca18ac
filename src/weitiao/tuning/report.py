"""What came of a study: a table, a CSV of all trials, and the best config as YAML."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import optuna
import yaml
from optuna.trial import FrozenTrial, TrialState
from rich.table import Table

TOP = 10


def write_report(study: optuna.Study, folder: Path) -> Path:
    """Write ``trials.csv`` and ``best.yaml``; gives the path of the latter.

    ``best.yaml`` is the best trial's whole configuration, seed and thread count included, so that
    ``src/train.py fit --config best.yaml`` trains it again to the same digits.
    """
    _write_trials(study, folder / "trials.csv")
    config = yaml.safe_load((Path(study.best_trial.user_attrs["folder"]) / "config.yaml").open())
    config["run"] |= {"root": "logs", "name": f"best-of-{study.study_name}"}
    config["trainer"]["enable_progress_bar"] = None
    best = folder / "best.yaml"
    header = f"# trial {study.best_trial.number}: {study.best_value!r} on validation\n"
    best.write_text(header + yaml.safe_dump(config, allow_unicode=True, sort_keys=False), "utf-8")
    return best


def top_table(study: optuna.Study) -> Table:
    """The best trials, best first."""
    ended = study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
    ranked = sorted(ended, key=lambda t: (-_value(t), t.number))[:TOP]
    table = Table(title=f"best of {len(ended)} trials", title_justify="left")
    keys = list(ranked[0].params)
    for title in ("trial", "score, val", "seconds", *(_short(key, keys) for key in keys)):
        table.add_column(title, justify="right")
    for trial in ranked:
        values = (_shown(trial.params[key]) for key in keys)
        seconds = f"{trial.user_attrs['seconds']:.0f}"
        table.add_row(str(trial.number), f"{_value(trial):.4f}", seconds, *values)
    return table


def _write_trials(study: optuna.Study, path: Path) -> None:
    trials = study.get_trials(deepcopy=False)
    keys = list(dict.fromkeys(key for trial in trials for key in trial.params))
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["trial", "state", "value", "seconds", "folder", "reason", *keys])
        for trial in trials:
            kept = (trial.user_attrs.get(name) for name in ("seconds", "folder", "reason"))
            values = (trial.params.get(key) for key in keys)
            writer.writerow([trial.number, trial.state.name, trial.value, *kept, *values])


def _value(trial: FrozenTrial) -> float:
    assert trial.value is not None  # of a trial that ended
    return trial.value


def _short(key: str, keys: list[str]) -> str:
    """The last word of a key, or more words where that is not enough to tell it."""
    words = key.split(".")
    for count in range(1, len(words)):
        end = ".".join(words[-count:])
        if sum(other == end or other.endswith(f".{end}") for other in keys) == 1:
            return end
    return key


def _shown(value: Any) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)
