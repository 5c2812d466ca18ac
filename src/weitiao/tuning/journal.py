"""Where a study is stored: a journal that survives a killed writer, or a database."""

import json
import os
from pathlib import Path

from filelock import FileLock
from optuna.storages import BaseStorage, JournalStorage, RDBStorage, get_storage
from optuna.storages.journal import JournalFileBackend, JournalFileOpenLock

from weitiao.errors import ConfigError

PATIENCE = 60.0  # seconds that a busy SQLite is waited for


class _Lock(JournalFileOpenLock):
    """A lock that its holder's death releases.

    Optuna's own are files: a killed writer leaves them for 30 seconds, or, by a relative path, for
    ever. A line that was written by halves makes the journal unreadable with the next one, so who
    holds the lock cuts it off first.
    """

    def __init__(self, journal: Path) -> None:
        super().__init__(str(journal))
        self._journal, self._held = journal, FileLock(f"{journal}.lock")

    def acquire(self) -> bool:
        self._held.acquire()
        with self._journal.open("rb+") as file:
            end = file.seek(0, os.SEEK_END)
            if end and (file.seek(end - 1), file.read(1))[1] != b"\n":
                file.seek(0)
                file.truncate(file.read().rfind(b"\n") + 1)
        return True

    def release(self) -> None:
        self._held.release()


def open_storage(folder: Path, url: str | None) -> BaseStorage:
    """The storage of a study.

    Args:
        folder: of the study; holds ``journal.log``.
        url: of a database; null = the journal.

    Raises:
        ConfigError: there is no database of this URL, or the journal is broken.
    """
    if url is None:
        folder.mkdir(parents=True, exist_ok=True)
        journal = folder / "journal.log"
        _refuse_broken(journal)
        return JournalStorage(JournalFileBackend(str(journal), _Lock(journal)))
    from sqlalchemy.exc import SQLAlchemyError

    try:
        if url.startswith("sqlite"):  # while one worker writes, others wait
            return RDBStorage(url, engine_kwargs={"connect_args": {"timeout": PATIENCE}})
        return get_storage(url)
    except (SQLAlchemyError, ImportError, ValueError) as error:
        reason = str(error).splitlines()[0]
        raise ConfigError(f"storage: {url!r} can't be opened: {reason}") from error


def _refuse_broken(journal: Path) -> None:
    """Stop before Optuna takes a line for the last one, and fails when another follows.

    What was written by halves is no such line: it has no end, and is cut off by the next writer.
    A line in the midst is not left out, since those after it count trials by their place.
    """
    if not journal.is_file():
        return
    for number, line in enumerate(journal.open("rb"), start=1):
        if line.endswith(b"\n") and not _is_entry(line):
            raise ConfigError(
                f"{journal}, line {number}: this is no entry of a journal: {line[:60]!r}"
                "\n  → copy the file and keep the lines before; the study forgets what came after,"
                f" whose trials keep their folders: head -n {number - 1} COPY > {journal}"
            )


def _is_entry(line: bytes) -> bool:
    try:
        entry = json.loads(line)
    except ValueError:
        return False
    return isinstance(entry, dict) and {"op_code", "worker_id"} <= entry.keys()
