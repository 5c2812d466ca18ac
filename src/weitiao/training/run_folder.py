"""One folder per run, under `logs/`, and `logs/latest` with links to the newest one's files."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from weitiao import distributed
from weitiao.errors import ConfigError, shell_word
from weitiao.io.atomic import naming, whole_or_not
from weitiao.io.nearby import runs_near
from weitiao.training import signals

SHARED = "WEITIAO_RUN_FOLDER"
"""Variable in which the first process tells those that it starts where the run lives."""
BASELINES = (
    *("baseline", "majority", "mean", "similarity", "dictionary"),
    *("first_sentence", "unanswered", "words", "untuned", "copy"),
)
"""Baselines by their name in ``metrics.json``; ``baseline`` is the linear model, or BM25."""
LINKED = (
    *("config.yaml", "data_card.json", "audit.json", "metrics.csv", "metrics.json"),
    *("predictions.csv", "classes.csv", "checkpoints", "model"),
)
"""What of a run is found in ``latest``, once it is there: all but TensorBoard's files."""
PATIENCE = 10.0  # seconds that a process which was told to stop may still be ending


class RunFolder:
    """The files of one run.

    Args:
        path: the folder; made if absent.
        started: whether training has begun, so that the folder is worth keeping.
    """

    def __init__(self, path: Path, *, started: bool) -> None:
        self.path, self.started = path, started
        self.checkpoints = path / "checkpoints"
        self.config = path / "config.yaml"
        self.card = path / "data_card.json"
        self.audit = path / "audit.json"
        self.metrics = path / "metrics.json"
        self.predictions = path / "predictions.csv"
        self.classes = path / "classes.csv"
        self.best = self.checkpoints / "best.ckpt"
        self.last = self.checkpoints / "last.ckpt"
        self.lock = path / "run.lock"
        if distributed.first():
            self.checkpoints.mkdir(parents=True, exist_ok=True)

    @classmethod
    def new(cls, root: Path, name: str) -> RunFolder:
        """A folder of its own, named by time and ``name``."""
        stamp = datetime.now().strftime("%Y%m%d-%H%M%S")
        root.mkdir(parents=True, exist_ok=True)
        for attempt in range(1000):
            path = root / (f"{stamp}-{name}" + (f"-{attempt}" if attempt else ""))
            try:
                path.mkdir()
            except FileExistsError:
                continue
            return cls(path, started=False)
        raise ConfigError(f"no free folder name for {stamp}-{name} in {root}")

    @classmethod
    def at(cls, path: Path) -> RunFolder:
        """The folder of that name, for a run that begins; what a run left that saved nothing goes.

        Raises:
            ConfigError: a run can go on there, or the folder holds something else.
        """
        inside = {item.name for item in path.iterdir()} if path.is_dir() else set()
        if "config.yaml" not in inside and inside - {"checkpoints", "run.lock"}:
            raise ConfigError(f": {path} is not empty, and no run's folder", field="run.folder")
        # what an earlier run has left there isn't ours to remove
        folder = cls(path, started="config.yaml" in inside)
        with folder.owned():
            if folder.last.is_file():
                hint = "the same command again goes on; {--run.folder} on the command line"
                problem = f": a run has begun in {path}"
                raise ConfigError(problem, field="run.folder", hint=hint)
            if folder.metrics.is_file():
                problem = f": {path} holds results, but no last.ckpt to go on from"
                raise ConfigError(problem, field="run.folder")
            for name in ("metrics.csv", "tensorboard"):
                shutil.rmtree(path / name) if (path / name).is_dir() else (path / name).unlink(True)
        return folder

    @classmethod
    def of_all_processes(cls, own: str | None, root: str, name: str) -> RunFolder:
        """The folder of a run that begins: the first process makes it and names it to the others.

        Args:
            own: the folder; null = a new one in ``root``.

        Raises:
            ConfigError: processes that were not started by the first one need a folder by name.
        """
        if own is None and (distributed.launched() or 1) > 1 and SHARED not in os.environ:
            problem = "several processes need one folder by name"
            raise ConfigError(problem, hint="{--run.folder} FOLDER")
        if distributed.first():
            folder = cls.at(Path(own)) if own else cls.new(Path(root), name)
            os.environ[SHARED] = os.fspath(folder.path.resolve())
            return folder
        return cls(Path(own or os.environ[SHARED]), started=True)

    @contextmanager
    def owned(self) -> Iterator[None]:
        """Keep other runs out of the folder within the block; its first process does.

        Raises:
            ConfigError: another process trains here.
        """
        lock = FileLock(self.lock, timeout=PATIENCE)
        if not distributed.first():
            yield
            return
        try:
            lock.acquire()
        except Timeout as error:
            raise ConfigError(f"another process trains in {self.path}") from error
        try:
            yield
        finally:
            lock.release()

    @classmethod
    def of_checkpoint(cls, ckpt_path: Path) -> RunFolder:
        """The run that a checkpoint belongs to.

        Raises:
            ConfigError: the file is absent, or doesn't lie in a run's ``checkpoints`` folder.
        """
        if not ckpt_path.is_file():
            last = ckpt_path / "checkpoints" / "last.ckpt"
            hint = (
                f"{{--ckpt_path}} {shell_word(str(last))}"
                if last.is_file()
                else runs_near(ckpt_path)
            )
            raise ConfigError(f"no such checkpoint: {ckpt_path}", hint=hint)
        place = ckpt_path.parent
        if place.is_symlink():  # logs/latest/checkpoints: the run goes by its own name
            place = Path(os.path.normpath(place.parent / place.readlink()))
        path = place.parent
        if not (path / "config.yaml").is_file():
            raise ConfigError(
                f"{ckpt_path} doesn't lie in a run's folder (no {path / 'config.yaml'})"
                "\n  → name it as logs/RUN/checkpoints/last.ckpt"
            )
        return cls(path, started=True)

    def start(self, *, latest: bool) -> None:
        """From now on the folder stays, whatever happens.

        Args:
            latest: let ``latest`` lead to it.
        """
        self.started = True
        if latest:
            self.point_latest_here()

    @contextmanager
    def removed_unless_started(self) -> Iterator[None]:
        """A fault in this block before `start` leaves no folder behind.

        Raises:
            OSError: the disk is full; names the folder, unless it names a file.
        """
        try:
            with naming(self.path):
                yield
        except BaseException:
            signals.take_time()
            if not self.started and distributed.first():
                shutil.rmtree(self.path, ignore_errors=True)
            raise

    def point_latest_here(self) -> None:
        """Let the links in ``latest`` beside this folder lead to its files; none is ever missing.

        ``latest`` is no link itself: TensorBoard follows those, and would show the run twice.
        """
        latest = self.path.parent / "latest"
        if latest.is_symlink():  # of an earlier version
            latest.unlink(missing_ok=True)
        latest.mkdir(exist_ok=True)
        lock = latest / ".lock"
        # what is neither a link, nor a link that another process has just moved
        if any(not x.is_symlink() and x.exists() and x != lock for x in latest.iterdir()):
            return  # somebody's own
        with FileLock(lock):  # all of them lead to the same run
            for name in LINKED:
                fresh = latest / f".{name}"
                fresh.unlink(missing_ok=True)  # one that was killed here left it
                fresh.symlink_to(Path("..", self.path.name, name))
                os.replace(fresh, latest / name)

    def add_metrics(self, values: dict[str, Any], forget: tuple[str, ...] = ()) -> dict[str, Any]:
        """Merge flat values into ``metrics.json``; gives all that it then holds.

        Args:
            forget: values whose names begin so are dropped first.
        """
        known = json.loads(self.metrics.read_text("utf-8")) if self.metrics.exists() else {}
        merged = {k: v for k, v in known.items() if not k.startswith(forget)} | values
        write_json(merged, self.metrics)
        return merged


def write_json(value: Any, path: Path) -> None:
    """Write ``value`` beside ``path`` and rename, so that a reader never sees half of it."""
    with whole_or_not(path) as part:
        part.write_text(json.dumps(value, ensure_ascii=False, indent=2) + "\n", "utf-8")
