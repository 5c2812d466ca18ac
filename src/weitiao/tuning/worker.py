"""A worker: a long-lived process that runs one trial after another."""

import gc
import os
import signal
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import optuna
from filelock import FileLock

from weitiao.config.own_code import allow
from weitiao.training import signals
from weitiao.training.quiet import quiet
from weitiao.tuning.dispatch import Dispatcher
from weitiao.tuning.lease import Lease
from weitiao.tuning.options import Search
from weitiao.tuning.outcomes import ranked, trials_of
from weitiao.tuning.study import quiet_optuna, reopen
from weitiao.tuning.trial import drop_checkpoints, run_trial

PAUSE = 0.5  # seconds between two questions whether others have ended


@dataclass(frozen=True)
class Job:
    """The task of a worker process.

    Args:
        threads: CPU threads of a trial.
        device: the one GPU it may see, as ``CUDA_VISIBLE_DEVICES`` names it; null = none.
        own_code: modules that the command line allows.
    """

    search: Search
    total: int
    first: int
    deadline: float | None
    threads: int
    device: str | None = None
    own_code: Sequence[str] = ()


def work(job: Job, after: Callable[[], None] = lambda: None) -> None:
    """Run trials until nothing is left to begin.

    Args:
        after: called after each trial.
    """
    search = job.search
    quiet_optuna()
    gc.collect()
    gc.freeze()  # what is imported stays: else each collection looks through it, for 0.4 s a trial
    study, lease = reopen(search), Lease(search.folder / "workers")
    dispatcher = Dispatcher(study, search, lease, job.total, job.first, job.deadline)
    threads = study.user_attrs["config"]["run.threads"] or job.threads
    try:
        _tidy(study, search)  # whoever was to do it may have been killed
        while (turn := dispatcher.next()) != "end":
            if turn == "wait":
                time.sleep(PAUSE)
                continue
            trial, point = turn
            trial.set_user_attr("threads", threads)
            trial.set_user_attr("device", f"cuda:{job.device}" if job.device else "cpu")
            run_trial(study, trial, point, search, threads)
            _tidy(study, search)
            after()
    finally:
        signals.take_time()
        lease.close()


def _tidy(study: optuna.Study, search: Search) -> None:
    """Keep the checkpoints of the best trials only; one worker at a time."""
    folder = search.folder / "trials"
    folder.mkdir(exist_ok=True)
    # lies there since a run that doesn't start removes its folder, and with it one that is empty
    with FileLock(folder / "tidy.lock"):
        over = {trial.number for trial in trials_of(study) if trial.state.is_finished()}
        best = {trial.number for trial in ranked(study)[: search.keep_top]}
        drop_checkpoints(folder, over, best)


def serve(job: Job, log: str) -> None:
    """`work` in a process of its own, which sees one GPU and writes into a log.

    Args:
        log: file that takes what would be printed.
    """
    if job.device:
        os.environ["CUDA_VISIBLE_DEVICES"] = job.device
    with open(log, "ab", buffering=0) as file:
        for stream in (sys.stdout, sys.stderr):
            os.dup2(file.fileno(), stream.fileno())
    quiet()
    signals.watch(signal.SIGTERM)
    # Ctrl-C, and what a cluster sends to all processes, is for who started us, and ends us
    for number in (signal.SIGINT, signals.WARNING):
        signal.signal(number, signal.SIG_IGN)
    try:
        with allow(job.own_code):
            work(job)
    except signals.Stopped as stopped:  # who started us reports it; the lease is closed
        raise SystemExit(stopped.code) from None
