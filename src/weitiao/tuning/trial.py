"""A trial: one ``fit`` at a point of the space, its score and outcome."""

import gc
import math
import shutil
import time
import traceback
from contextlib import suppress
from pathlib import Path
from typing import Any

import lightning.pytorch as L
import optuna
import torch
from lightning.pytorch.callbacks import Callback
from optuna.exceptions import UpdateFinishedTrialError
from optuna.trial import TrialState

from weitiao.errors import ConfigError
from weitiao.training.fit import Driver, Run, fit
from weitiao.tuning.latency import latency_ms
from weitiao.tuning.options import Search
from weitiao.tuning.outcomes import is_start
from weitiao.tuning.space import Point
from weitiao.tuning.start import START


class PruneWatch(Callback):
    """Tells the study the score after each validation, and ends the run if it is pruned."""

    def __init__(self, trial: optuna.Trial, monitor: str) -> None:
        self.trial, self.monitor, self.validations = trial, monitor, 0

    def on_validation_end(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        """Report.

        Raises:
            TrialPruned: the study's pruner says so.
        """
        if trainer.sanity_checking:
            return
        self.validations += 1
        self.trial.report(float(trainer.callback_metrics[self.monitor]), self.validations)
        over = trainer.current_epoch + 1 == trainer.max_epochs  # nothing is left to save
        if not over and not is_start(self.trial) and self.trial.should_prune():
            raise optuna.TrialPruned


def run_trial(
    study: optuna.Study, trial: optuna.Trial, point: Point, search: Search, threads: int
) -> None:
    """Train at a point and tell the study of it; a fault is kept as the trial's reason.

    Args:
        point: values of the keys; of the start only told.
    """
    folder, facts = search.folder / "trials", study.user_attrs
    own = {"root": folder, "name": f"trial-{trial.number}", "threads": threads}
    chosen: dict[str, Any] = {} if is_start(trial) else dict(point)
    # the configuration as it was when the study began: its files may be edited meanwhile
    files = [search.folder / START, *([chosen["config"]] if "config" in chosen else [])]
    options = chosen | {"config": files} | {f"run.{name}": value for name, value in own.items()}
    watchers = [] if search.latency else [PruneWatch(trial, facts["objectives"][0])]
    driver = Driver(watchers, point)
    since, state, values = time.perf_counter(), TrialState.COMPLETE, None
    kept: dict[str, Any] = {}
    try:
        run = fit(options, "search", quiet=True, driver=driver)
        _refuse_other_data(run, point, facts["data"]["fingerprint"])
        values, kept["fingerprint"] = _values(run, search), run.data.card.fingerprint
        del run
    except optuna.TrialPruned:
        state = TrialState.PRUNED
    except Exception as error:  # the reason is kept; too many in a row end the search
        state, kept["reason"] = TrialState.FAIL, _reason(error)
        with suppress(OSError):  # a full disk may be the fault
            report = search.folder / f"failure-{trial.number}.txt"
            report.write_text(traceback.format_exc(), "utf-8")
    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
    kept["seconds"] = time.perf_counter() - since
    if made := sorted(folder.glob(f"*-trial-{trial.number}")):
        kept["folder"] = str(made[-1].resolve())
    try:
        for name, value in kept.items():
            trial.set_user_attr(name, value)
    except UpdateFinishedTrialError:  # others took this worker for dead, and its trial up again
        return
    study.tell(trial, values, state, skip_if_finished=True)


def _refuse_other_data(run: Run, point: Point, fingerprint: str) -> None:
    own = any(key == "config" or key.startswith("data.") for key in point)
    if not own and run.data.card.fingerprint != fingerprint:
        raise ConfigError("the data have changed since the study began")


def _values(run: Run, search: Search) -> list[float]:
    scores = run.scores
    if math.isnan(scores[run.monitor]):
        raise ConfigError(f"{run.monitor} is not a number")
    found = [float(scores[run.monitor])]
    if search.latency:
        found.append(latency_ms(run.module, run.data, run.trainer.strategy.root_device))
    return found


def _reason(error: BaseException) -> str:
    text = " ".join(str(error).split()) or "no message"
    return f"{type(error).__name__}: {text[:500]}"


def drop_checkpoints(folder: Path, over: set[int], kept: set[int]) -> None:
    """Remove the checkpoints of trials that are not kept; each can be trained again.

    Args:
        folder: of the runs.
        over: numbers of the trials that have ended, whatever came of them.
        kept: numbers of those whose checkpoints stay.
    """
    for run in folder.glob("*-trial-*"):
        if int(run.name.rpartition("-")[2]) in over - kept:
            shutil.rmtree(run / "checkpoints", ignore_errors=True)
