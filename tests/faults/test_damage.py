"""What is cut off or altered on the disk is mended or told, and never taken for whole."""

from __future__ import annotations

import json
import random
import shutil
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from conftest import TINY, Command, reviews, write_csv
from resumed_runs import OPTIONS, WITHOUT_KILL, by_test, rows

from weitiao.errors import ConfigError
from weitiao.io.checkpoint_file import load_checkpoint
from weitiao.tuning.options import Search
from weitiao.tuning.outcomes import ENDED, trials_of
from weitiao.tuning.study import reopen

pytestmark = [pytest.mark.slow, pytest.mark.faults]

SHORT = ("fit", "--data.train=my.csv", *TINY, "--trainer.max_epochs=1", "--run.threads=1")
Spoil = Callable[[bytes, float], bytes]


def cut(content: bytes, share: float) -> bytes:
    """The beginning of a file."""
    return content[: int(share * (len(content) - 1))]


def flip(content: bytes, share: float) -> bytes:
    """A file with one bit changed."""
    place = int(share * (len(content) - 1))
    return content[:place] + bytes([content[place] ^ 4]) + content[place + 1 :]


def wipe(content: bytes, share: float) -> bytes:
    """A file whose end never reached the disk, as a power cut leaves it."""
    whole = cut(content, share)
    return whole + bytes(len(content) - len(whole))


SPOILS = pytest.mark.parametrize("spoil", [cut, flip, wipe])


def shares(full: bool, seed: int) -> list[float]:
    """Where to damage a file: at its ends and in between."""
    draw = random.Random(seed)
    return [0.0, *(draw.random() for _ in range(10 if full else 1)), 1.0]


@SPOILS
def test_damaged_prepared_data_are_made_anew(
    spoil: Spoil, command: Command, tmp_path: Path, full: bool, record_property: Any
) -> None:
    write_csv(tmp_path / "my.csv", reviews(200))
    done = command(*SHORT, "--run.root=whole", cwd=tmp_path)
    assert done.code == 0, done.err
    unbroken = rows(tmp_path / "whole" / "latest")
    (prepared,) = (p for p in (tmp_path / ".cache" / "prepared").iterdir() if p.is_dir())
    files = {path.name: path.read_bytes() for path in prepared.iterdir()}
    assert {"train.ids.arrow", "val.rows.arrow", "card.json", "encoder.json"} <= files.keys()
    cases = 0
    for name in sorted(files) if full else ("train.ids.arrow", "card.json"):
        for share in shares(full, seed=len(files[name]))[: 4 if full else 2]:
            damaged = spoil(files[name], share)
            if damaged == files[name]:
                continue
            (prepared / name).write_bytes(damaged)
            done = command(*SHORT, "--run.root=again", cwd=tmp_path)
            assert done.code == 0, done.err
            assert f"{prepared.relative_to(tmp_path)} is damaged" in done.err, name
            assert rows(tmp_path / "again" / "latest") == unbroken
            assert {path.name: path.read_bytes() for path in prepared.iterdir()} == files
            cases += 1
    record_property("cases", cases)


@pytest.fixture(scope="module")
def run(command: Command, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an unbroken run, and one that was killed in its midst."""
    folder = tmp_path_factory.mktemp("damage")
    write_csv(folder / "my.csv", reviews(200))
    done = command("fit", *OPTIONS, "--run.root=whole", cwd=folder)
    assert done.code == 0, done.err
    kill = (*by_test("kill_at.KillAt"), "--trainer.callbacks.step=17")
    killed = command("fit", *OPTIONS, "--run.root=killed", *kill, cwd=folder)
    assert killed.code == -signal.SIGKILL, killed.err
    return folder


@SPOILS
def test_a_damaged_checkpoint_gives_way_to_the_one_before(
    spoil: Spoil, command: Command, run: Path, tmp_path: Path, full: bool, record_property: Any
) -> None:
    unbroken = rows(run / "whole" / "latest")
    cases = 0
    for number, share in enumerate(shares(full, seed=1)):
        folder = tmp_path / str(number)
        shutil.copytree(run, folder, symlinks=True)
        last = folder / "killed" / "latest" / "checkpoints" / "last.ckpt"
        whole = last.read_bytes()
        last.write_bytes(spoil(whole, share))
        if last.read_bytes() == whole:
            continue
        damaged = not loads(last)  # between the parts of the file lies what means nothing
        done = command("fit", f"--ckpt_path={last}", *WITHOUT_KILL, cwd=folder)
        cases += 1
        if last.read_bytes() == spoil(whole, share):  # of another kind, so nothing takes its place
            assert done.code == 1
            assert "last.ckpt is no checkpoint" in done.err
            continue
        assert done.code == 0, done.err
        assert ("last.ckpt can't be read" in done.err) == damaged
        assert ("previous.ckpt" in done.err) == damaged
        assert rows(folder / "killed" / "latest") == unbroken
        for name in ("last", "previous", "best"):
            assert load_checkpoint(last.with_name(f"{name}.ckpt"))
    record_property("cases", cases)


def loads(checkpoint: Path) -> bool:
    try:
        return bool(load_checkpoint(checkpoint))
    except ConfigError:
        return False


SPACE = "model.optim.lr: {low: 1.0e-3, high: 1.0e-1, log: true}\n"
SEARCH = (
    *("--space=space.yaml", "--workers=0", "--pruner=none", "--config=base.yaml", "--trials=3"),
    *("--data.train=my.csv", *TINY, "--run.threads=1", "--trainer.max_epochs=1"),
)


@pytest.fixture
def journal(command: Command, tmp_path: Path) -> Path:
    """The journal of a study of three trials."""
    write_csv(tmp_path / "my.csv", reviews(200))
    (tmp_path / "space.yaml").write_text(SPACE, "utf-8")
    (tmp_path / "base.yaml").write_text("seed_everything: 3\n", "utf-8")
    done = command(*SEARCH, cwd=tmp_path, script="tune.py")
    assert done.code == 0, done.err
    return tmp_path / "logs" / "tune" / "default" / "journal.log"


def ended(journal: Path) -> int:
    """How many trials have ended, by what the journal tells."""
    study = reopen(Search(root=str(journal.parents[1]), pruner="none"))
    return len(trials_of(study, *ENDED))


def test_a_journal_that_is_cut_off_keeps_all_that_it_told(
    journal: Path, command: Command, tmp_path: Path, full: bool, record_property: Any
) -> None:
    content = journal.read_bytes()
    entries = content.splitlines(keepends=True)
    draw = random.Random(0)
    places = draw.sample(range(len(content) // 2, len(content)), 12 if full else 2)
    for place in places:
        journal.write_bytes(content[:place])
        kept = entries[: content.count(b"\n", 0, place)]
        assert ended(journal) == sum(json.loads(entry).get("values") is not None for entry in kept)
        done = command(*SEARCH, cwd=tmp_path, script="tune.py")
        assert done.code == 0, done.err
        now = journal.read_bytes().splitlines(keepends=True)
        assert now[: len(kept)] == kept
        assert all(json.loads(entry) for entry in now)
        assert ended(journal) == 3
    record_property("cases", len(places))


def test_garbage_within_a_journal_is_told(
    journal: Path, command: Command, tmp_path: Path, full: bool, record_property: Any
) -> None:
    content = journal.read_bytes()
    draw = random.Random(1)
    places = draw.sample(range(len(content) - 1), 12 if full else 2)
    for place in places:
        spoilt = content[:place] + b"\xff\0" + content[place + 1 :]
        journal.write_bytes(spoilt)
        done = command(*SEARCH, cwd=tmp_path, script="tune.py")
        assert done.code == 1
        assert "Traceback" not in done.err
        line = content.count(b"\n", 0, place) + 1
        assert f"journal.log, line {line}: " in done.err
        assert journal.read_bytes() == spoilt
    record_property("cases", len(places))
