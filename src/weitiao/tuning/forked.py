"""Workers forked before the search begins: what takes seconds to import is imported once."""

from __future__ import annotations

import multiprocessing
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from multiprocessing.connection import Connection, wait
from multiprocessing.context import ForkProcess
from multiprocessing.process import parent_process

import torch

from weitiao.training import signals
from weitiao.tuning.worker import Job, serve

ANSWER = 10.0  # seconds in which a forked process has to show that it can compute
PARALLEL = 1 << 17  # numbers: enough for torch to share them out to all its threads


class WaitingWorkers:
    """Processes that wait for their job, each with a pipe to it."""

    def __init__(self, count: int) -> None:
        self._waiting: list[tuple[ForkProcess, Connection]] = []
        for _ in range(count if _may_fork() else 0):
            here, there = multiprocessing.Pipe()
            process = multiprocessing.get_context("fork").Process(target=_wait, args=(there,))
            process.start()
            there.close()
            self._waiting.append((process, here))

    def take(self, job: Job, log: str) -> ForkProcess | None:
        """Hand a job over; null = nobody is left who can do it.

        Of those who can't compute, since threads ran where they were forked, none answers.
        """
        while self._waiting:
            process, pipe = self._waiting.pop()
            with suppress(OSError, EOFError):  # it has died meanwhile
                if pipe.poll(ANSWER) and pipe.recv():
                    pipe.send((job, log))
                    return process
            process.kill()
        return None

    def close(self) -> None:
        """End those that wait still."""
        signals.end([process for process, _ in self._waiting])


@contextmanager
def waiting_workers(count: int) -> Iterator[WaitingWorkers]:
    """Workers for the block, forked from this process; none where that is no safe thing to do."""
    workers = WaitingWorkers(count)
    try:
        yield workers
    finally:
        workers.close()


def _may_fork() -> bool:
    """Whether there is nothing that a fork is known to break: threads, or a GPU in use."""
    alone = threading.active_count() == 1 and not torch.cuda.is_initialized()
    return sys.platform == "linux" and alone


def _wait(pipe: Connection) -> None:
    """Show that this process can compute, then wait for a job, or for the search to be gone."""
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    for number in (signal.SIGINT, signals.WARNING):  # for who started us, and ends us
        signal.signal(number, signal.SIG_IGN)
    torch.ones(PARALLEL).exp_()  # with OpenMP's threads in the parent, it would never return
    pipe.send(True)
    search = parent_process()
    assert search is not None
    if pipe in wait([pipe, search.sentinel]):
        serve(*pipe.recv())
