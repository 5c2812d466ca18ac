"""A study: trials are run until there are as many as asked for, however often it is interrupted."""

from __future__ import annotations

import json
import math
import shutil
import time
from dataclasses import dataclass
from datetime import timedelta
from itertools import product
from pathlib import Path
from typing import Literal

import numpy as np
import optuna
from lightning.pytorch.utilities.exceptions import SIGTERMException
from optuna.distributions import distribution_to_json
from optuna.samplers import RandomSampler
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend
from optuna.trial import FrozenTrial, TrialState
from rich.console import Console

from weitiao.errors import ConfigError, WeitiaoError
from weitiao.run.fit import Run, mode_of, run_fit
from weitiao.tuning.space import Space, as_options, grid_of

ENDED = (TrialState.COMPLETE, TrialState.PRUNED)
FAILURES_IN_A_ROW = 5


@dataclass(frozen=True)
class Search:
    """How the space is searched.

    Args:
        trials: trials in all, those of earlier calls included; failed ones don't count.
        sampler: draw points at random, or take each point of a grid once.
        seed: seed of the points; trial ``n`` draws from (seed, n).
        study: name of the study and of its folder below ``root``.
        root: folder of all studies.
        timeout: seconds after which no further trial begins; null = none.
    """

    trials: int = 50
    sampler: Literal["random", "grid"] = "random"
    seed: int = 0
    study: str = "default"
    root: str = "logs/tune"
    timeout: float | None = None

    @property
    def folder(self) -> Path:
        """Holds ``journal.log``, ``trials/``, ``best.yaml`` and ``trials.csv``."""
        return Path(self.root) / self.study


def run_study(search: Search, space: Space, arguments: list[str], console: Console) -> optuna.Study:
    """Run trials until there are ``search.trials``, and give the study.

    A trial is one ``fit``; its score is that by which ``fit`` chooses its best checkpoint: macro
    F1 on validation, unless ``run.monitor`` says otherwise. Test is never read. A trial that fails
    keeps its reason and the study goes on.

    Args:
        search: how the space is searched.
        space: the distributions.
        arguments: the command line of ``fit`` that all trials share.
        console: shows a line per trial.

    Raises:
        ConfigError: the study was begun with another space or command line, or trials keep failing.
    """
    study = _open(search, space, arguments)
    total = search.trials
    if search.sampler == "grid":
        total = min(total, math.prod(len(values) for values in grid_of(space).values()))
    since, failures = time.monotonic(), 0
    while (done := len(study.get_trials(deepcopy=False, states=ENDED))) < total:
        if search.timeout is not None and time.monotonic() - since > search.timeout:
            console.print(f"time is over after {done} of {total} trials", style="yellow")
            break
        waiting = study.get_trials(deepcopy=False, states=(TrialState.WAITING,))
        if search.sampler == "grid" and not waiting:
            break  # a point that failed is not replaced by another
        trial = _run_trial(study, search, space, arguments)
        failures = 0 if trial.state in ENDED else failures + 1
        _drop_checkpoints(study)
        _show(study, trial, total, console)
        if failures == FAILURES_IN_A_ROW:
            reason = trial.user_attrs["reason"]
            raise ConfigError(f"{failures} trials failed in a row; the last one: {reason}")
    return study


def _open(search: Search, space: Space, arguments: list[str]) -> optuna.Study:
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    search.folder.mkdir(parents=True, exist_ok=True)
    storage = JournalStorage(JournalFileBackend(str(search.folder / "journal.log")))
    study = optuna.create_study(
        storage=storage, study_name=search.study, direction="maximize", load_if_exists=True
    )
    written = {key: json.loads(distribution_to_json(d)) for key, d in space.items()}
    now = {
        "space": written,
        "arguments": arguments,
        "search": {"sampler": search.sampler, "seed": search.seed},
    }
    if search.sampler == "grid" and "space" not in study.user_attrs:
        grid = grid_of(space)
        points = [dict(zip(grid, point, strict=True)) for point in product(*grid.values())]
        for i in np.random.default_rng(search.seed).permutation(len(points)):
            study.enqueue_trial(points[i])
    for name, value in now.items():
        then = study.user_attrs.get(name)
        if then is None:
            study.set_user_attr(name, value)
        elif then != value:
            raise ConfigError(
                f"study {search.study!r} was begun with another {name}:"
                f"\n  then {then}\n  now  {value}"
                "\n  → give a new study another name: --study NAME"
            )
    for trial in study.get_trials(deepcopy=False, states=(TrialState.RUNNING,)):
        # one process works on a study, so what still runs was left by one that died
        storage.set_trial_user_attr(trial._trial_id, "reason", "its process ended")
        storage.set_trial_state_values(trial._trial_id, TrialState.FAIL)
        study.enqueue_trial(trial.system_attrs.get("fixed_params") or trial.params)
    return study


def _run_trial(
    study: optuna.Study, search: Search, space: Space, arguments: list[str]
) -> FrozenTrial:
    number = len(study.get_trials(deepcopy=False))
    study.sampler = RandomSampler(seed=hash((search.seed, number)) % 2**32)
    trial = study.ask(space)  # a point of the grid, while some wait
    folder = search.folder / "trials"
    own = [*as_options(trial.params), f"--run.root={folder}", f"--run.name=trial-{trial.number}"]
    own += ["--trainer.enable_progress_bar=false"]
    since = time.monotonic()
    try:
        run = run_fit([*arguments, *own], "search", Console(quiet=True))
    except SIGTERMException as error:  # the whole search is told to end
        raise KeyboardInterrupt from error
    except (WeitiaoError, RuntimeError, ValueError, SystemExit) as error:
        trial.set_user_attr("reason", f"{type(error).__name__}: {str(error)[:500]}")
        return study.tell(trial, state=TrialState.FAIL)
    score = _score(run)
    _keep(trial, run, time.monotonic() - since)
    return study.tell(trial, score)


def _score(run: Run) -> float:
    if mode_of(run.monitor) == "min":
        raise ConfigError(f"a study looks for the most: run.monitor {run.monitor} is an error")
    return float(json.loads(run.folder.metrics.read_text("utf-8"))[run.monitor])


def _keep(trial: optuna.Trial, run: Run, seconds: float) -> None:
    trial.set_user_attr("folder", str(run.folder.path))
    trial.set_user_attr("seconds", seconds)
    trial.set_user_attr("fingerprint", run.data.card.fingerprint)


def _drop_checkpoints(study: optuna.Study) -> None:
    """Keep the best trial's checkpoints only; all can be trained again from their config."""
    trials = study.get_trials(deepcopy=False, states=ENDED)
    for trial in trials:
        if trial.number != study.best_trial.number:
            shutil.rmtree(Path(trial.user_attrs["folder"]) / "checkpoints", ignore_errors=True)


def _show(study: optuna.Study, trial: FrozenTrial, total: int, console: Console) -> None:
    trials = study.get_trials(deepcopy=False)
    ended = [t for t in trials if t.state in ENDED]
    failed = sum(t.state == TrialState.FAIL for t in trials)
    score = f"{trial.value:.4f}" if trial.value is not None else trial.user_attrs["reason"]
    best, left = "–", "–"
    if ended:
        seconds = sum(t.user_attrs["seconds"] for t in ended) / len(ended) * (total - len(ended))
        best, left = f"{study.best_value:.4f}", str(timedelta(seconds=round(seconds)))
    console.print(
        f"trial {trial.number}: {score}   {len(ended)}/{total} done, {failed} failed, best {best},"
        f" {left} left",
        markup=False,
    )
