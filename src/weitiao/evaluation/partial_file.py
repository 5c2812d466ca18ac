"""A result that is written in parts, survives a kill, and gets its name when it is complete."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

from weitiao.errors import ConfigError
from weitiao.io.atomic import naming, whole_or_not

Key = Mapping[str, str]
"""What a result is of: by name, such as ``input``, what is equal if that is the same."""


class PartialFile:
    """What of a result is there, and the place where it goes on.

    It is a file ``.NAME.part``; ``.NAME.progress`` beside it tells how far it is right. What was
    appended after that, by a process that was killed, is cut off.

    Args:
        path: of the result.
        key: what it is of; what was begun with another key is begun anew.
        field: the argument that names it.

    Raises:
        ConfigError: another process is writing it, or its folder can't be made.
    """

    def __init__(self, path: Path, key: Key, field: str = "out") -> None:
        self.path, self.key = path, dict(key)
        self.part = path.with_name(f".{path.name}.part")
        self.progress = progress_of(path)
        _make(path.parent, field)
        self._file = self.part.open("ab")
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            self._file.close()
            raise ConfigError(f": another process is writing {path}", field=field) from error
        size = os.fstat(self._file.fileno()).st_size
        before = _read(self.progress)
        if before.get("done") and not size:  # the result was there, and somebody took it away
            before = {}
        self.changed = [name for name in self.key if before.get("key", self.key)[name] != key[name]]
        """The names of the key's parts that are not those that it was begun with."""
        fits = before and not self.changed and before["bytes"] <= size
        self.rows: int = before["rows"] if fits else 0
        """How many rows of the input are done, bad ones too."""
        self.told: dict[str, Any] = before["told"] if fits else {}
        """What was kept with them."""
        self._file.truncate(before["bytes"] if fits else 0)
        if not fits:
            self.progress.unlink(missing_ok=True)

    def append(self, data: bytes, rows: int, told: Mapping[str, Any]) -> None:
        """Add the result of some more rows of the input; after a kill it is there, or isn't.

        Args:
            told: replaces what was kept with those before.
        """
        with naming(self.path):
            self._file.write(data)
            self._file.flush()
            os.fsync(self._file.fileno())
            self.rows, self.told = self.rows + rows, dict(told)
            self._note()

    def finish(self, finish: Callable[[Path], None], *, keep_key: bool = False) -> None:
        """Give the result its name.

        Args:
            finish: makes of the file that has grown what it is to be.
            keep_key: leave the key beside it, for `is_done`.
        """
        with naming(self.path):
            finish(self.part)
            if keep_key:
                self._note(done=True, bytes=self.part.stat().st_size)
            os.replace(self.part, self.path)
            if not keep_key:
                self.progress.unlink(missing_ok=True)

    def _note(self, **more: Any) -> None:
        place = {"key": self.key, "rows": self.rows, "bytes": self._file.tell(), "told": self.told}
        with whole_or_not(self.progress) as file:
            file.write_text(json.dumps(place | more), "utf-8")

    def __enter__(self) -> PartialFile:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Leave what was done where the next call finds it."""
        if not self.rows and kind is not None:
            self.part.unlink(missing_ok=True)
        self._file.close()


def _make(folder: Path, field: str) -> None:
    """Make the folder of a result, and those above it."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError) as error:
        there = next(each for each in (folder, *folder.parents) if each.exists())
        problem = f": {there} is a file, and no folder to write into"
        raise ConfigError(problem, field=field, hint="another folder") from error


def is_done(path: Path, key: Key) -> bool:
    """Whether a result is there that was finished with this key kept, and is as it was then."""
    place = _read(progress_of(path))
    same = place.get("done") and place["key"] == dict(key)
    return bool(same) and path.is_file() and path.stat().st_size == place["bytes"]


def progress_of(path: Path) -> Path:
    """The file that tells how far a result is."""
    return path.with_name(f".{path.name}.progress")


def _read(progress: Path) -> dict[str, Any]:
    """How far a result is; empty = nothing of it is."""
    try:
        place = json.loads(progress.read_text("utf-8"))
        kinds = {"key": dict, "rows": int, "bytes": int, "told": dict}
        fits = all(isinstance(place[name], kind) for name, kind in kinds.items())
    except (OSError, ValueError, TypeError, KeyError):
        return {}
    return place if fits else {}
