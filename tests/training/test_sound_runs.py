"""Sounds through the commands: learned, tested, predicted; bad ones named, or set aside."""

from __future__ import annotations

import csv
import json
import shutil
import signal
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile
from conftest import Command, run_behind, write_csv
from resumed_runs import by_test, rows
from tones import RATE, tone, write_tones

SMALL = (
    *("--recipe=sounds", "--trainer.accelerator=cpu", "--trainer.max_epochs=8", "--run.threads=1"),
    *("--model.backbone.channels=[4]", "--model.backbone.layers=1", "--model.backbone.width=16"),
    *("--model.optim.lr=0.01", "--data.batch.size=8", "--trainer.log_every_n_steps=1"),
)
HERE = "--hardware.accelerator=cpu"


def read(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_sounds_are_learned_tested_and_predicted_alike(command: Command, tmp_path: Path) -> None:
    write_tones(tmp_path, 30)
    write_tones(tmp_path, 6, first=100, name="test.csv")
    done = command("train", "--data.train=my.csv", "--data.test=test.csv", *SMALL, cwd=tmp_path)
    assert done.code == 0, done.err
    assert "sounds: 16,000 samples a second, 64 bands every 10 ms of 25" in done.err
    assert "baseline" in done.out
    run = run_behind(tmp_path / "logs" / "latest")
    metrics = json.loads((run / "metrics.json").read_text("utf-8"))
    assert metrics["test/f1_macro"] == 1
    tested = read(run / "predictions.csv")
    assert [row["path"] for row in tested] == [row["path"] for row in read(tmp_path / "test.csv")]
    use = ("predict", f"--ckpt_path={run}/checkpoints/best.ckpt", HERE)
    # the same files, named from another folder
    again = tmp_path / "elsewhere"
    again.mkdir()
    shutil.move(tmp_path / "sounds", again / "sounds")
    write_csv(again / "new.csv", [(row["path"],) for row in tested], header=("path",))
    done = command(*use, "--data.predict=elsewhere/new.csv", "--out=out.csv", cwd=tmp_path)
    assert done.code == 0, done.err
    for was, now in zip(tested, read(tmp_path / "out.csv"), strict=True):
        assert now["label"] == was["label"]
        assert float(now["p(high)"]) == pytest.approx(float(was["p(high)"]), abs=1e-5)


def test_a_folder_of_classes_is_a_table(command: Command, tmp_path: Path) -> None:
    write_tones(tmp_path, 20)
    for path in (tmp_path / "sounds").iterdir():
        place = tmp_path / "classes" / path.stem.rstrip("0123456789")
        place.mkdir(parents=True, exist_ok=True)
        path.rename(place / path.name)
    done = command("fit", "--data.train=classes", *SMALL, "--trainer.max_epochs=4", cwd=tmp_path)
    assert done.code == 0, done.err
    use = ("predict", "--ckpt_path=logs/latest/checkpoints/best.ckpt", HERE, "--out=out.csv")
    done = command(*use, "--data.predict=classes/high", cwd=tmp_path)
    assert done.code == 0, done.err
    found = read(tmp_path / "out.csv")
    assert [row["path"] for row in found] == sorted(f"high{number}.wav" for number in range(20))
    assert {row["label"] for row in found} == {"high"}


def half(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


@pytest.mark.parametrize(
    ("harm", "told"),
    [
        (half, "is cut off: its head names"),
        (lambda path: path.unlink(), "there is no such file"),
        (lambda path: path.write_text("no sound", "utf-8"), "is no sound, or is broken: Format"),
        (
            lambda path: soundfile.write(path, tone("low", 1, seconds=0.01), RATE),
            "takes 0.010 s, less than 0.05",
        ),
        (
            lambda path: soundfile.write(path, tone("low", 1, seconds=31), RATE),
            "takes 31.0 s, more than 30",
        ),
        (
            lambda path: soundfile.write(path, np.full(RATE, np.inf), RATE, subtype="FLOAT"),
            "has samples that are no numbers",
        ),
    ],
    ids=["half", "absent", "text", "short", "long", "infinite"],
)
def test_a_bad_sound_is_named_or_set_aside(
    harm: Callable[[Path], object], told: str, command: Command, tmp_path: Path
) -> None:
    write_tones(tmp_path, 10)
    harm(tmp_path / "sounds" / "low4.wav")
    done = command("fit", "--data.train=my.csv", *SMALL, cwd=tmp_path)
    assert done.code == 1
    said = " ".join(done.err.split())
    assert "my.csv, row 10, column 'path': " in said
    assert told in said
    assert "(value: 'sounds/low4.wav')" in said
    assert "--data.on_bad_row quarantine" in said
    aside = ("--data.on_bad_row=quarantine", "--trainer.max_epochs=1")
    done = command("fit", "--data.train=my.csv", *SMALL, *aside, cwd=tmp_path)
    assert done.code == 0, done.err
    audit = json.loads((tmp_path / "logs/latest/audit.json").read_text("utf-8"))
    assert audit["read"]["train"]["quarantined"] == 1


def test_the_same_sound_is_found_under_any_name(command: Command, tmp_path: Path) -> None:
    write_tones(tmp_path, 10)
    sounds = tmp_path / "sounds"
    shutil.copy(sounds / "low1.wav", sounds / "again.wav")
    samples, rate = soundfile.read(sounds / "high1.wav")
    soundfile.write(sounds / "other.flac", samples, rate)  # of the same 16 bits
    before = [tuple(row.values()) for row in read(tmp_path / "my.csv")]
    more = [("sounds/again.wav", "low"), ("sounds/other.flac", "low")]
    write_csv(tmp_path / "my.csv", [*before, *more], header=("path", "label"))
    done = command("fit", "--data.train=my.csv", *SMALL, "--trainer.max_epochs=1", cwd=tmp_path)
    assert done.code == 0, done.err
    found = json.loads((tmp_path / "logs/latest/audit.json").read_text("utf-8"))["audit"]
    assert found["found"]["train"]["duplicates"] == 2
    assert found["removed"] == {"conflicts": 2, "leaks": 0, "duplicates": 1}
    (conflict,) = found["examples"]["conflicts"]
    assert [place["label"] for place in conflict["places"]] == ["high", "low"]


def test_without_soundfile_the_extra_is_named(command: Command, tmp_path: Path) -> None:
    write_tones(tmp_path, 10)
    done = command("fit", "--data.train=my.csv", *SMALL, cwd=tmp_path, missing=["soundfile"])
    assert done.code == 1
    assert "pip install 'weitiao[sound]'" in done.err


@pytest.mark.slow
def test_a_killed_run_goes_on_to_the_same_digits(command: Command, tmp_path: Path) -> None:
    write_tones(tmp_path, 20)
    given = ("--data.train=my.csv", *SMALL, "--trainer.max_epochs=2", "--run.save_every=1")
    done = command("fit", "--run.folder=whole", *given, cwd=tmp_path)
    assert done.code == 0, done.err
    kill = (*by_test("kill_at.KillAt"), "--trainer.callbacks.step=6")  # in its second epoch
    killed = command("fit", "--run.folder=killed", *given, *kill, cwd=tmp_path)
    assert killed.code == -signal.SIGKILL, killed.err
    last = "--ckpt_path=killed/checkpoints/last.ckpt"
    resume = ("--allow_code=kill_at", "--trainer.callbacks=null")
    done = command("fit", last, *resume, cwd=tmp_path)
    assert done.code == 0, done.err
    assert rows(tmp_path / "killed") == rows(tmp_path / "whole")


@pytest.mark.slow
def test_two_processes_learn_what_one_does(command: Command, tmp_path: Path) -> None:
    write_tones(tmp_path, 20)
    given = ("--data.train=my.csv", *SMALL, "--trainer.max_epochs=2")
    given += ("--model.backbone.dropout=0", "--model.objective.head.dropout=0")
    one = ("--run.folder=one", "--data.batch.size=8")
    two = ("--run.folder=two", "--data.batch.size=4", "--trainer.devices=2")
    for options in (one, (*two, "--trainer.strategy=ddp")):
        done = command("fit", *given, *options, cwd=tmp_path, kill_after=300)
        assert done.code == 0, done.err
    names = ("train/loss_epoch", "val/loss", "val/f1_macro")
    alone, together = (
        [
            (step, name, float(value))
            for step, _, name, value in rows(tmp_path / run)
            if name in names
        ]
        for run in ("one", "two")
    )
    assert len(alone) == 6
    for was, now in zip(alone, together, strict=True):
        assert now[:2] == was[:2]
        assert now[2] == pytest.approx(was[2], abs=1e-5)
