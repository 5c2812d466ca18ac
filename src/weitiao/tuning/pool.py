"""Runs a study: starts the workers, shows how far they are, starts anew those that die."""

import multiprocessing
import os
import time
from itertools import cycle, islice
from multiprocessing.connection import wait
from multiprocessing.process import BaseProcess

import optuna
import torch
from rich.console import Console

from weitiao.config.own_code import allowed
from weitiao.errors import ConfigError
from weitiao.training import signals
from weitiao.tuning.forked import WaitingWorkers
from weitiao.tuning.options import Search
from weitiao.tuning.outcomes import failures_in_a_row, trials_of
from weitiao.tuning.watch import Watch
from weitiao.tuning.worker import Job, serve, work

DEATHS = 5  # of workers between two trials that end: then something is wrong with all of them
LOOK = 0.5  # seconds between two looks at the study


def run_study(
    study: optuna.Study, search: Search, total: int, console: Console, waiting: WaitingWorkers
) -> None:
    """Run trials until there are ``total``, however many there are already.

    Args:
        waiting: take the jobs; where there are none left, workers are started anew.

    Raises:
        ConfigError: trials keep failing, or workers keep dying.
    """
    first = len(trials_of(study))
    deadline = None if search.timeout is None else time.time() + search.timeout
    count = max(1, search.workers)
    threads = max(1, torch.get_num_threads() // count)
    devices = [] if study.user_attrs["config"]["trainer.accelerator"] == "cpu" else _devices()
    jobs = [
        Job(search, total, first, deadline, threads, device, allowed())
        for device in islice(cycle(devices or [None]), count)
    ]
    with Watch(study, total, count, console) as watch:
        if search.workers:
            _supervise(jobs, watch, waiting)
        else:
            work(jobs[0], watch.refresh)
        watch.refresh()
    if failed := failures_in_a_row(trials_of(study), first):
        reason = failed[-1].user_attrs["reason"]
        raise ConfigError(
            f"{len(failed)} trials failed in a row; the last one: {reason}"
            f"\n  → {search.folder}/failure-{failed[-1].number}.txt"
        )


def _devices() -> list[str]:
    """Names of the GPUs that this process may use."""
    named = os.environ.get("CUDA_VISIBLE_DEVICES")
    if named is not None:
        return [name for name in named.split(",") if name]
    return [str(i) for i in range(torch.cuda.device_count())]


def _supervise(jobs: list[Job], watch: Watch, waiting: WaitingWorkers) -> None:
    folder = jobs[0].search.folder / "workers"
    folder.mkdir(parents=True, exist_ok=True)
    logs = [str(folder / f"worker-{i}.log") for i in range(len(jobs))]
    processes = [_start(job, log, waiting) for job, log in zip(jobs, logs, strict=True)]
    deaths, ended = 0, watch.ended
    try:
        while any(process.exitcode != 0 for process in processes):
            living = [process.sentinel for process in processes if process.exitcode is None]
            wait(living, LOOK)
            watch.refresh()
            if watch.ended > ended:
                deaths, ended = 0, watch.ended
            for i, process in enumerate(processes):
                if process.exitcode:
                    deaths += 1
                    watch.say(f"! worker {i} ended with code {process.exitcode}; see {logs[i]}")
                    if deaths == DEATHS:
                        raise ConfigError(f"workers keep dying\n  → {logs[i]}")
                    processes[i] = _start(jobs[i], logs[i], waiting)
    finally:
        signals.end(processes)


def _start(job: Job, log: str, waiting: WaitingWorkers) -> BaseProcess:
    if forked := waiting.take(job, log):
        return forked
    process = multiprocessing.get_context("spawn").Process(target=serve, args=(job, log))
    process.start()
    return process
