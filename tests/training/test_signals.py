"""A run that is told to stop saves at a batch's end, and goes on to the same digits."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from conftest import Command, reviews, write_csv
from resumed_runs import OPTIONS, by_test, rows

from weitiao.training import signals

SCRIPTS = Path(__file__).parents[2] / "src"
TOLD = [
    pytest.param(signal.SIGUSR1, 75, marks=pytest.mark.slow),
    pytest.param(signal.SIGTERM, 143, marks=pytest.mark.slow),
    pytest.param(signal.SIGINT, 130, marks=pytest.mark.slow),
]


def seldom(options: list[str]) -> list[str]:
    """The options without the saving after each step: what is saved, is saved by the stop."""
    return [*options, "--run.save_every=null"]


@pytest.fixture(scope="module")
def whole(command: Command, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with `my.csv` and an unbroken run of it."""
    folder = tmp_path_factory.mktemp("whole")
    write_csv(folder / "my.csv", reviews(200))
    done = command("fit", "--run.folder=whole", *seldom(OPTIONS), cwd=folder)
    assert done.code == 0, done.err
    return folder


def stopped(
    command: Command, folder: Path, number: signal.Signals, at: str, name: str, *more: str
) -> tuple[int, str]:
    """Exit code and messages of a run that gets a signal at some moment."""
    kill = (
        *by_test("kill_at.KillAt"),
        *(f"--trainer.callbacks.{option}" for option in (f"number={int(number)}", at)),
    )
    done = command("fit", f"--run.folder={name}", *seldom(OPTIONS), *more, *kill, cwd=folder)
    return done.code, done.err


def goes_on(command: Command, folder: Path, name: str) -> Path:
    """The folder of the run, which the same command without the signal ends."""
    again = command("fit", f"--run.folder={name}", *seldom(OPTIONS), cwd=folder)
    assert again.code == 0, again.err
    return folder / name


def last_step(run: Path) -> int:
    """The last step of which a loss was logged."""
    return max(int(step) for step, _, metric, _ in rows(run) if metric == "train/loss")


@pytest.mark.parametrize(("number", "code"), TOLD)
def test_told_in_mid_epoch_it_saves_there_and_goes_on_to_the_same_digits(
    command: Command, whole: Path, number: signal.Signals, code: int
) -> None:
    name = f"told-{number.name}"
    ended, told = stopped(command, whole, number, "step=17", name)
    assert ended == code
    saved, go_on, by = told.splitlines()[-3:]
    last = Path(name, "checkpoints", "last.ckpt")
    assert saved == f"saved: {last}"
    assert f" fit --ckpt_path {last}" in go_on
    assert by == f"stopped by {number.name}"
    assert last_step(whole / name) == 17  # the batch in which it was told has ended, and is logged
    assert rows(goes_on(command, whole, name)) == rows(whole / "whole")


@pytest.mark.slow
@pytest.mark.parametrize("step", [0, 4, 9, 10, 28, 29])
def test_told_at_any_step(command: Command, whole: Path, step: int) -> None:
    # 9 and 29 lie before a validation, 29 before the last: that run ends, and says so
    code, told = stopped(command, whole, signal.SIGUSR1, f"step={step}", f"step-{step}")
    assert (code, told.splitlines()[-1]) == (75, "stopped by SIGUSR1")
    assert rows(goes_on(command, whole, f"step-{step}")) == rows(whole / "whole")


@pytest.mark.slow
def test_told_in_validation_it_ends_the_epoch_first(command: Command, whole: Path) -> None:
    code, _ = stopped(command, whole, signal.SIGTERM, "validation=1", "in-validation")
    assert code == 143
    assert last_step(whole / "in-validation") == 9
    assert rows(goes_on(command, whole, "in-validation")) == rows(whole / "whole")


@pytest.mark.slow
def test_between_validations_within_an_epoch_none_is_skipped(command: Command, whole: Path) -> None:
    often = ("--trainer.val_check_interval=0.5",)
    done = command("fit", "--run.folder=often", *seldom(OPTIONS), *often, cwd=whole)
    assert done.code == 0, done.err
    for step in (4, 5, 6):
        name = f"often-{step}"
        assert stopped(command, whole, signal.SIGUSR1, f"step={step}", name, *often)[0] == 75
        again = command("fit", f"--run.folder={name}", *seldom(OPTIONS), *often, cwd=whole)
        assert again.code == 0, again.err
        assert rows(whole / name) == rows(whole / "often")


@pytest.mark.slow
@pytest.mark.parametrize(("number", "code"), TOLD)
def test_processes_that_make_batches_outlive_a_signal_to_all(
    command: Command, whole: Path, number: signal.Signals, code: int
) -> None:
    name = f"loaders-{number.name}"
    more = ("--data.batch.workers=2", "--trainer.callbacks.group=true")
    options = [*seldom(OPTIONS), more[0], *by_test("kill_at.KillAt"), more[1]]
    at = (f"--trainer.callbacks.number={int(number)}", "--trainer.callbacks.step=17")
    done = command("fit", f"--run.folder={name}", *options, *at, cwd=whole)
    assert done.code == code, done.err
    assert last_step(whole / name) == 17
    assert (whole / name / "checkpoints" / "last.ckpt").is_file()
    assert rows(goes_on(command, whole, name)) == rows(whole / "whole")


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGUSR1, signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("seconds", [0.0, 0.1, 0.3, 1.0, 3.0])
@pytest.mark.parametrize("script", ["train.py", "tune.py"])
def test_a_signal_before_training_ends_it_at_once(
    tmp_path: Path, script: str, number: signal.Signals, seconds: float
) -> None:
    write_csv(tmp_path / "my.csv", reviews(200))
    fit = ["fit", *OPTIONS, "--run.folder=early"]
    own = fit if script == "train.py" else ["--trials=2", "--data.train=my.csv"]
    command = [sys.executable, str(SCRIPTS / script), *own]
    with subprocess.Popen(
        command, cwd=tmp_path, stderr=subprocess.PIPE, text=True, preexec_fn=heed_interrupts
    ) as process:
        until_signals_are_noted(process.pid)
        time.sleep(seconds)  # while libraries are imported, or data prepared
        process.send_signal(number)
        since = time.monotonic()
        _, told = process.communicate()
    assert process.returncode == signals.CODES[number], told
    assert time.monotonic() - since < 10


@pytest.mark.slow
@pytest.mark.parametrize("again", [signal.SIGTERM, signal.SIGINT])
def test_what_comes_while_it_is_ending_does_not_change_its_code(
    tmp_path: Path, again: signal.Signals
) -> None:
    command = [sys.executable, str(SCRIPTS / "train.py"), "fit", "--data.train=my.csv"]
    write_csv(tmp_path / "my.csv", reviews(200))
    with subprocess.Popen(
        command, cwd=tmp_path, stderr=subprocess.PIPE, text=True, preexec_fn=heed_interrupts
    ) as process:
        assert process.stderr is not None
        until_signals_are_noted(process.pid)
        process.send_signal(signal.SIGUSR1)
        for line in process.stderr:
            if "stopped by" in line:
                process.send_signal(again)
    assert process.returncode == 75


def until_signals_are_noted(process: int) -> None:
    """Wait for the program's first lines; the machine may be busy."""
    since, status = time.monotonic(), Path(f"/proc/{process}/status")
    while True:
        (caught,) = re.findall(r"SigCgt:\s*([0-9a-f]+)", status.read_text())
        if int(caught, 16) >> (signal.SIGINT - 1) & int(caught, 16) >> (signal.SIGALRM - 1) & 1:
            return
        assert time.monotonic() - since < 20
        time.sleep(0.001)


def heed_interrupts() -> None:
    """What a shell starts in the background ignores Ctrl-C, and so do its children."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


# -- handlers --------------------------------------------------------------------------------------


def in_training(*steps: signal.Signals | Callable[[], object]) -> None:
    """Take the steps one after the other where signals are deferred: get one, or do something."""
    with signals.watching(), signals.deferred():
        for step in steps:
            os.kill(os.getpid(), step) if isinstance(step, signal.Signals) else step()


def outside_of_training() -> None:
    with signals.watching():
        os.kill(os.getpid(), signal.SIGTERM)
        pytest.fail("it was not obeyed")


def fail() -> None:
    raise RuntimeError("DataLoader worker exited unexpectedly")


def test_outside_of_training_a_signal_is_obeyed_at_once() -> None:
    with pytest.raises(signals.Stopped) as stopped:
        outside_of_training()
    assert stopped.value.code == 143


def test_deferred_it_is_obeyed_at_the_end_and_the_first_one_counts() -> None:
    seen = []
    with pytest.raises(signals.Stopped) as stopped:
        in_training(signal.SIGUSR1, signal.SIGTERM, lambda: seen.append(signals.received()))
    assert seen == [signal.SIGUSR1]
    assert stopped.value.code == 75


def test_a_stop_that_a_library_has_caught_is_obeyed_before_training() -> None:
    def careless() -> None:
        with signals.watching():
            with suppress(BaseException):
                os.kill(os.getpid(), signal.SIGTERM)
            with signals.deferred():
                pytest.fail("training began")

    with pytest.raises(signals.Stopped):
        careless()


def test_a_second_interrupt_does_not_wait() -> None:
    seen: list[str] = []
    with pytest.raises(signals.Stopped):
        in_training(
            signal.SIGINT, lambda: seen.append("on"), signal.SIGINT, lambda: seen.append("off")
        )
    assert seen == ["on"]


def test_training_that_does_not_come_to_an_end_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signals, "GRACE", 0.05)
    since = time.monotonic()
    with pytest.raises(signals.Stopped):
        in_training(signal.SIGTERM, lambda: time.sleep(5))
    assert time.monotonic() - since < 4


def test_what_fails_after_a_signal_is_the_stop() -> None:
    with pytest.raises(signals.Stopped):
        in_training(signal.SIGUSR1, fail)
    with pytest.raises(RuntimeError):
        in_training(fail)


def test_afterwards_signals_do_what_they_did() -> None:
    before = [signal.getsignal(number) for number in signals.CODES]
    with signals.watching():
        assert [signal.getsignal(number) for number in signals.CODES] != before
    assert [signal.getsignal(number) for number in signals.CODES] == before
    assert signals.received() == 0
