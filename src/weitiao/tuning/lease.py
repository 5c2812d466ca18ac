"""Which workers live: a trial is restarted when its worker is dead, and never before.

On one machine the lock that a worker holds on its lease tells it at once. Of a worker of another
machine that shares the folder, the age of its lease does, by the clock of the file system.
"""

import os
import socket
import threading
import uuid
from contextlib import suppress
from multiprocessing import parent_process
from pathlib import Path
from tempfile import NamedTemporaryFile

from filelock import FileLock, Timeout

BEAT = 2.0  # seconds between two signs of life
LEASE = 60.0  # seconds without one, after which a worker of another machine counts as dead


class Lease:
    """A sign that this process lives, until it ends or `close` is called."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.name = f"{socket.gethostname()}-{os.getpid()}-{uuid.uuid4().hex[:6]}"
        self._path = folder / self.name
        self._lock = FileLock(self._path)
        self._lock.acquire()
        self._closed = threading.Event()
        threading.Thread(target=self._beat, daemon=True).start()

    def _beat(self) -> None:
        while not self._closed.wait(BEAT):
            parent = parent_process()
            if parent is not None and not parent.is_alive():
                os._exit(1)  # who started the search is gone: nobody waits for this trial
            with suppress(OSError):  # closed meanwhile, or a network folder that hiccups
                os.utime(self._path)

    def close(self) -> None:
        """Let others know at once that this worker has ended."""
        self._closed.set()
        self._path.unlink(missing_ok=True)
        self._lock.release()


def alive(folder: Path, name: str) -> bool:
    """Whether the worker of this name still lives."""
    path = folder / name
    if ended_in_order(folder, name):
        return False
    if name.rsplit("-", 2)[0] == socket.gethostname():
        lock = FileLock(path)
        try:
            lock.acquire(blocking=False)
        except Timeout:
            return True
        lock.release()
        return False
    with NamedTemporaryFile(dir=folder) as now:  # clocks of machines differ
        return os.stat(now.name).st_mtime - path.stat().st_mtime < LEASE


def ended_in_order(folder: Path, name: str) -> bool:
    """Whether the worker of this name closed its lease: it was told to end, not killed.

    Args:
        name: of its lease; empty = it never got so far as to sign its trial.
    """
    return not (folder / name).is_file()
