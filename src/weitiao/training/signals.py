"""Signals to stop: noted at once, obeyed where nothing is lost.

Lightning's own handlers save wherever training happens to be, or talk to other processes from
within the handler; and none is there while libraries are imported, when a signal still kills.
"""

import os
import signal
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from multiprocessing.process import BaseProcess
from types import FrameType

GRACE = 8.0  # seconds that training has to come to a batch's end, once it is told to end
AGAIN = 0.5  # seconds after which it is raised again: Python drops what is raised in a `__del__`
PATIENCE = 10.0  # seconds that processes of our own have to save, once they are told to end
WARNING = signal.SIGUSR1
"""Sent by a cluster some time before it takes the machine away: the job is to be queued again."""
CODES = {WARNING: 75, signal.SIGTERM: 143, signal.SIGINT: 130}
"""Signals that are obeyed, and the exit codes they lead to; 75 is "try again" (sysexits.h)."""

_received: int | None = None
_deferred = False
_watcher: int | None = None  # the process that installed the handlers; forks inherit them
_watched: tuple[int, ...] = tuple(CODES)


class Stopped(BaseException):
    """The process was told to stop. No `Exception`: what handles faults must not handle this."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.code = CODES[signal.Signals(number)]

    def __str__(self) -> str:
        return f"stopped by {signal.Signals(self.args[0]).name}"


def watch(*numbers: int) -> None:
    """Note signals from now on. To be called before anything slow is imported.

    Args:
        numbers: the signals; none = all of `CODES`. The others are left as they are.
    """
    global _watcher, _watched
    if threading.current_thread() is not threading.main_thread():
        return  # only the main thread can; who drives us from another one has handlers of its own
    _watcher, _watched = os.getpid(), numbers or tuple(CODES)
    for number in _watched:
        signal.signal(number, _note)
    signal.signal(signal.SIGALRM, _give_up)


def rewatch() -> None:
    """`watch` again, if this process did, after others have installed handlers of their own."""
    if _watcher == os.getpid():
        watch(*_watched)


def take_time() -> None:
    """Let what is being saved, or left in order, be so, however long it takes."""
    if _watcher is not None:
        signal.setitimer(signal.ITIMER_REAL, 0)


def end(processes: Sequence[BaseProcess]) -> None:
    """End those of our own that still run: politely, then not."""
    if living := [process for process in processes if process.is_alive()]:
        take_time()
    for process in living:
        process.terminate()
    until = time.monotonic() + PATIENCE
    for process in processes:
        process.join(max(0.0, until - time.monotonic()))
        if process.is_alive():
            process.kill()
            process.join()


@contextmanager
def watching() -> Iterator[None]:
    """`watch` within the block; afterwards signals do what they did before.

    Raises:
        Stopped: a signal came, whatever else has failed since: half an import, for one.
    """
    global _received
    numbers = (*CODES, signal.SIGALRM)
    before = {number: signal.getsignal(number) for number in numbers}
    watch()
    try:
        with _signal_first():
            yield
    finally:
        _received = None
        if threading.current_thread() is threading.main_thread():
            signal.setitimer(signal.ITIMER_REAL, 0)
            for number, handler in before.items():
                signal.signal(number, handler)


@contextmanager
def watched() -> Iterator[None]:
    """`watching`, unless a command does already: for who calls us from Python, as a notebook does.

    Raises:
        KeyboardInterrupt: Ctrl-C, or the notebook's button, after all is saved. Left to itself,
            Lightning would end the interpreter, and ignore the signal from then on.
    """
    if signal.getsignal(signal.SIGTERM) is _note:
        yield
        return
    try:
        with watching():
            yield
    except Stopped as stopped:
        if stopped.args[0] == signal.SIGINT:
            raise KeyboardInterrupt(str(stopped)) from stopped
        raise


@contextmanager
def deferred() -> Iterator[None]:
    """Within the block a signal is noted only; who is in it looks at `received`, and stops.

    Raises:
        Stopped: one came, whatever else has happened since: what fails while others are told to
            end fails because of that, such as a process that makes batches.
    """
    global _deferred
    if _received is not None:  # what was raised in the handler was caught, as some libraries do
        raise Stopped(_received)
    _deferred = True
    try:
        with _signal_first():
            yield
    finally:
        _deferred = False
        take_time()
    if _received is not None:
        raise Stopped(_received)


@contextmanager
def _signal_first() -> Iterator[None]:
    """What fails in the block after a signal has come fails because of it."""
    try:
        yield
    except Stopped:
        raise
    except BaseException as error:
        if _received is not None:
            raise Stopped(_received) from error
        raise


def hear_no_more() -> None:
    """Ignore signals from now on: the process has been told to stop, and is ending.

    Where one process of a step has ended, SLURM sends SIGTERM to the others, some of which are
    just ending themselves: the step would count as terminated, and not be queued again.
    """
    for number in CODES:
        signal.signal(number, signal.SIG_IGN)


def received() -> int:
    """The number of the first signal that has come, or 0."""
    return _received or 0


def _note(number: int, frame: FrameType | None) -> None:
    global _received
    if os.getpid() != _watcher:
        return  # a process that makes batches: its parent ends it, once all is saved
    again = _received is not None and number == signal.SIGINT
    if _received is None:
        _received = number
    if again or not _deferred:
        signal.setitimer(signal.ITIMER_REAL, AGAIN, AGAIN)
        raise Stopped(_received)
    if number != WARNING:
        signal.setitimer(signal.ITIMER_REAL, GRACE)


def _give_up(number: int, frame: FrameType | None) -> None:
    """No batch has ended in time: what was saved before must do. Or it was dropped, see `AGAIN`."""
    raise Stopped(received())
