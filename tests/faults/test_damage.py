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
from test_resume import OPTIONS, WITHOUT_KILL, rows

from weitiao.errors import ConfigError
from weitiao.run.folder import load_checkpoint
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
    kill = ("--trainer.callbacks+=kill_at.KillAt", "--trainer.callbacks.step=17")
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
        done = command("fit", f"--ckpt_path={last}", WITHOUT_KILL, cwd=folder)
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


def test_a_damaged_journal_is_mended_or_told(command: Command, tmp_path: Path, full: bool, record_property: Any) -> None:
    write_csv(tmp_path / "my.csv", reviews(200))
    space = "model.optim.lr: {low: 1.0e-3, high: 1.0e-1, log: true}\n"
    (tmp_path / "space.yaml").write_text(space, "utf-8")
    (tmp_path / "base.yaml").write_text("seed_everything: 3\n", "utf-8")
    search = ("--space=space.yaml", "--workers=0", "--pruner=none", "--config=base.yaml")
    search = (*search, "--data.train=my.csv", *TINY, "--run.threads=1", "--trainer.max_epochs=1")
    done = command(*search, "--trials=3", cwd=tmp_path, script="tune.py")
    assert done.code == 0, done.err
    journal = tmp_path / "logs" / "tune" / "default" / "journal.log"
    whole = journal.read_bytes()
    told = [json.loads(line) for line in whole.splitlines()]
    draw = random.Random(0)
    places = sorted(draw.sample(range(len(whole) // 2, len(whole)), 12 if full else 2))
    for place in places:
        journal.write_bytes(whole[:place])
        kept = whole[: whole[:place].rfind(b"\n") + 1].count(b"\n")
        ended = sum("values" in entry and entry["values"] is not None for entry in told[:kept])
        study = reopen(Search(root=str(tmp_path / "logs" / "tune"), pruner="none"))
        assert len(trials_of(study, *ENDED)) == ended
        done = command(*search, "--trials=3", cwd=tmp_path, script="tune.py")
        assert done.code == 0, done.err
        assert journal.read_bytes().splitlines()[:kept] == whole.splitlines()[:kept]
        assert all(json.loads(line) for line in journal.read_bytes().splitlines())
        study = reopen(Search(root=str(tmp_path / "logs" / "tune"), pruner="none"))
        assert len(trials_of(study, *ENDED)) == 3
    journal.write_bytes(whole[: len(whole) // 2] + b"\0" * 9 + b"\n" + whole[len(whole) // 2 :])
    done = command(*search, "--trials=3", cwd=tmp_path, script="tune.py")
    assert done.code == 1
    assert "journal.log, line " in done.err
    assert "Traceback" not in done.err
    record_property("cases", len(places) + 1)
