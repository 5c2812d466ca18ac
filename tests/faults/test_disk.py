"""A disk that is full or may not be written to is told, and nothing that was saved is lost."""

from __future__ import annotations

import csv
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from conftest import TINY, Command, Outcome, reviews, write_csv
from resumed_runs import OPTIONS, rows

from weitiao.io.checkpoint_file import load_checkpoint

pytestmark = [pytest.mark.slow, pytest.mark.faults]

SPACE = "model.optim.lr: {low: 1.0e-3, high: 1.0e-1, log: true}\n"
SEARCH = ("--space=space.yaml", "--workers=0", "--pruner=none", "--config=base.yaml")


class Disk:
    """A file system in memory, of its own.

    Args:
        path: where it is mounted.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._ballast = path / "ballast"
        self._run("mount", "-t", "tmpfs", "-o", "size=32m", "tmpfs")

    def become(self, *options: str) -> None:
        """Have another size, or be read-only: ``size=1m``, ``ro``, ``rw``."""
        self._run("mount", "-o", ",".join(["remount", *options]))

    def fill(self, but: int) -> None:
        """Leave no more than so many bytes."""
        self.empty()
        state = os.statvfs(self.path)
        with self._ballast.open("wb") as file:
            os.posix_fallocate(file.fileno(), 0, state.f_bavail * state.f_bsize - but)

    def empty(self) -> None:
        """Make room again."""
        self._ballast.unlink(missing_ok=True)

    def unmount(self) -> None:
        """End."""
        self._run("umount", "--lazy")

    def _run(self, *command: str) -> None:
        subprocess.run([*command, str(self.path)], check=True, capture_output=True)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    write_csv(tmp_path / "my.csv", reviews(200))
    path = tmp_path / "disk"
    path.mkdir()
    try:
        disk = Disk(path)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("to mount a file system takes root")
    yield disk
    disk.unmount()


def told(done: Outcome, *words: str) -> None:
    """The command ended with one message that holds these words."""
    assert done.code == 1, done.err
    assert "Traceback" not in done.err, done.err
    assert done.err.count("error: ") == 1, done.err
    for word in words:
        assert word in done.err, done.err


@pytest.mark.parametrize("vectors", [False, True], ids=["tables", "vectors"])
def test_full_while_data_are_prepared(vectors: bool, command: Command, disk: Disk) -> None:
    folder = disk.path.parent
    fit = ["fit", "--data.train=my.csv", *TINY, "--data.cache=disk/cache"]
    if vectors:
        lines = [f"{chr(n)} " + " ".join(["0.5"] * 300) for n in range(0x4E00, 0x9FA5)]
        (folder / "vectors.txt").write_text("\n".join(lines), "utf-8")
        fit += ["--data.input.encode.vectors=vectors.txt", "--model.backbone=TextCNN"]
        fit += ["--model.objective.pooling=max"]
    whole = command(*fit, "--data.cache=whole", cwd=folder)
    assert whole.code == 0, whole.err
    needed = sum(path.stat().st_size for path in (folder / "whole").rglob("*"))
    for share in (0.0, 0.2, 0.5, 0.9):
        disk.fill(but=int(share * needed))
        told(command(*fit, cwd=folder), "data.cache: disk/cache lies on a disk that is full")
        assert {path.suffix for path in disk.path.glob("cache/*")} <= {".lock"}
    disk.empty()
    done = command(*fit, cwd=folder)
    assert done.code == 0, done.err


@pytest.mark.parametrize("left", [0, 4096, 20_000, 40_000, 80_000, 120_000])
def test_full_while_a_run_saves(
    left: int, command: Command, disk: Disk, record_property: Any
) -> None:
    folder = disk.path.parent
    fit = ("fit", *OPTIONS)
    whole = command(*fit, "--run.root=whole", cwd=folder)
    assert whole.code == 0, whole.err
    begun = command(*fit, "--run.root=disk/logs", cwd=folder)
    assert begun.code == 0, begun.err
    longer = ("--trainer.max_epochs=4", "--trainer.callbacks=[{class_path: EMAWeightAveraging}]")
    run = disk.path / "logs" / "latest"
    last = run / "checkpoints" / "last.ckpt"
    before = load_checkpoint(last)["global_step"]
    disk.fill(but=left)
    done = command("fit", f"--ckpt_path={last}", *longer, cwd=folder)
    told(done, str(Path("disk", "logs")), "No space left on device")
    (said,) = (line for line in done.err.splitlines() if line.startswith("error: "))
    record_property("outcome", said.partition("/logs/")[2].partition("/")[2])
    for name in ("last", "best", "previous"):
        assert load_checkpoint(last.with_name(f"{name}.ckpt"))
    assert load_checkpoint(last)["global_step"] >= before
    disk.empty()
    done = command("fit", f"--ckpt_path={last}", *longer, cwd=folder)
    assert done.code == 0, done.err
    assert rows(run)[: len(rows(folder / "whole" / "latest"))] == rows(folder / "whole" / "latest")


def test_full_while_predictions_are_written(
    command: Command, trained: Path, run_of: Path, disk: Disk
) -> None:
    best = run_of / "checkpoints" / "best.ckpt"
    predict = ("predict", f"--ckpt_path={best}", "--data.predict=my.csv", "--out=disk/p.csv")
    done = command(*predict, cwd=disk.path.parent)
    assert done.code == 0, done.err
    before = (disk.path / "p.csv").read_bytes()
    disk.fill(but=len(before) // 2)
    told(command(*predict, cwd=disk.path.parent), "disk/p.csv", "No space left on device")
    assert (disk.path / "p.csv").read_bytes() == before
    assert {path.name for path in disk.path.iterdir()} == {"p.csv", "ballast"}


@pytest.mark.parametrize("left", [0, 4096, 40_000])
def test_full_while_a_study_is_kept(left: int, command: Command, disk: Disk) -> None:
    folder = disk.path.parent
    (folder / "space.yaml").write_text(SPACE, "utf-8")
    (folder / "base.yaml").write_text("seed_everything: 3\n", "utf-8")
    search = (*SEARCH, "--root=disk/tune", "--data.train=my.csv", *TINY, "--run.threads=1")
    done = command(*search, "--trials=2", cwd=folder, script="tune.py")
    assert done.code == 0, done.err
    ended = scores(disk.path / "tune" / "default" / "trials.csv")
    disk.fill(but=left)
    told(command(*search, "--trials=4", cwd=folder, script="tune.py"), "o space left on device")
    disk.empty()
    done = command(*search, "--trials=4", cwd=folder, script="tune.py")
    assert done.code == 0, done.err
    now = scores(disk.path / "tune" / "default" / "trials.csv")
    assert len(now) == 4
    assert ended.items() <= now.items()


def scores(table: Path) -> dict[str, str]:
    """Number and score of the trials that have ended."""
    with table.open(encoding="utf-8") as file:
        trials = list(csv.DictReader(file))
    return {trial["trial"]: trial["value"] for trial in trials if trial["state"] == "COMPLETE"}


def test_prepared_data_on_a_read_only_disk_are_used(command: Command, disk: Disk) -> None:
    folder = disk.path.parent
    fit = ("fit", "--data.train=my.csv", *TINY, "--data.cache=disk/cache")
    assert command(*fit, cwd=folder).code == 0
    for lock in disk.path.glob("cache/*.lock"):
        lock.unlink()
    disk.become("ro")
    done = command(*fit, cwd=folder)
    assert done.code == 0, done.err
    other = command(*fit, "--data.input.encode.max_length=20", cwd=folder)
    told(other, "data.cache: disk/cache may not be written to", "--data.cache FOLDER")
    absent = command(*fit, "--data.cache=disk/new/cache", cwd=folder)
    told(absent, "data.cache: disk/new/cache may not be written to")
    told(command(*fit, "--run.root=disk/logs", cwd=folder), "disk/logs", "Read-only file system")
