"""Workers and searches as processes: told to end or killed, they lose no trial."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest
from optuna.trial import TrialState
from searches import SEARCH, TUNE, start, trials
from searches import folder as folder

from weitiao.tuning.lease import alive, ended_in_order
from weitiao.tuning.options import Search
from weitiao.tuning.outcomes import trials_of
from weitiao.tuning.study import reopen


@pytest.mark.slow
def test_a_config_that_is_edited_meanwhile_changes_no_trial(folder: Path) -> None:
    search = start(folder, "--trials=2", "--workers=1")
    kept = folder / "logs/tune/default/start.yaml"
    while not kept.exists():
        time.sleep(0.05)
        assert search.poll() is None, search.communicate()[1]
    (folder / "base.yaml").write_text("seed_everything: 99\n", "utf-8")
    _, err = search.communicate(timeout=300)
    assert search.returncode == 0, err
    for trial in trials(folder):
        config = (Path(trial["folder"]) / "config.yaml").read_text("utf-8")
        assert "seed_everything: 3" in config


@pytest.mark.slow
def test_ctrl_c_ends_the_search_and_leaves_its_point_to_the_next(folder: Path) -> None:
    command = [sys.executable, str(TUNE), *SEARCH, "--trials=1", "--trainer.max_epochs=400"]
    # where the tests run in the background of a shell, SIGINT is ignored, and that is inherited
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        long = subprocess.Popen(command, cwd=folder, stderr=subprocess.PIPE, text=True)
    finally:
        signal.signal(signal.SIGINT, before)
    while not list(folder.glob("logs/tune/default/trials/*/metrics.csv")):
        time.sleep(0.2)
        assert long.poll() is None, long.communicate()[1]
    time.sleep(1)
    long.send_signal(signal.SIGINT)
    _, err = long.communicate(timeout=60)
    assert long.returncode == 130, err
    (trial,) = trials_of(reopen(Search(root=str(folder / "logs/tune"))))
    assert trial.state == TrialState.RUNNING
    assert ended_in_order(folder / "logs/tune/default/workers", trial.user_attrs["worker"])
    assert "reason" not in trial.user_attrs


@pytest.mark.slow
def test_a_worker_that_is_told_to_end_closes_its_lease(folder: Path) -> None:
    search = start(folder, "--workers=1", "--trials=1", "--trainer.max_epochs=400")
    study = folder / "logs/tune/default"
    while not list(study.glob("trials/*/metrics.csv")):
        time.sleep(0.2)
        assert search.poll() is None, search.communicate()[1]
    (trial,) = trials_of(reopen(Search(root=str(folder / "logs/tune"))))
    worker = trial.user_attrs["worker"]
    os.kill(int(worker.split("-")[-2]), signal.SIGTERM)
    while alive(study / "workers", worker):
        time.sleep(0.1)
    assert ended_in_order(study / "workers", worker)
    search.kill()
    search.communicate()


@pytest.mark.slow
def test_workers_are_processes_that_share_the_study(folder: Path) -> None:
    done = start(folder, "--trials=3", "--workers=2")
    _, err = done.communicate(timeout=300)
    assert done.returncode == 0, err
    found = trials(folder)
    assert [trial["state"] for trial in found] == ["COMPLETE"] * 3
    assert len({trial["worker"] for trial in found}) == 2
    assert not list((folder / "logs/tune/default/workers").glob("*-*-??????"))  # leases


@pytest.mark.slow
def test_killed_workers_lose_no_trial(folder: Path, full: bool) -> None:
    """Ten kills in thirty trials with ``--faults full``, else two in six."""
    draw, kills, trials = random.Random(1), 10 if full else 2, 30 if full else 6
    search = start(folder, f"--trials={trials}", "--workers=2")
    leases = folder / "logs/tune/default/workers"
    for killed in range(kills):
        while len(list(folder.glob("logs/tune/default/trials/*/metrics.json"))) < 2 * killed:
            time.sleep(0.1)  # a kill for every other trial, so that all come before the end
            assert search.poll() is None, search.communicate()[1]
        time.sleep(draw.uniform(0, 1.5))
        while not (living := [p.name for p in leases.glob("*-*-??????") if alive(leases, p.name)]):
            time.sleep(0.1)
            assert search.poll() is None, search.communicate()[1]
        os.kill(int(draw.choice(living).split("-")[-2]), signal.SIGKILL)
    _, err = search.communicate(timeout=900)
    assert search.returncode == 0, err
    study = reopen(Search(root=str(folder / "logs/tune"), pruner="none"))
    states = Counter(trial.state.name for trial in trials_of(study))
    assert states["COMPLETE"] == trials
    assert states["RUNNING"] == states["WAITING"] == 0
    rates = [t.params["model.optim.lr"] for t in trials_of(study, TrialState.COMPLETE)]
    assert len(set(rates)) == trials  # none twice
    assert states["FAIL"] >= 1, "no kill has met a trial"
    lines = (folder / "logs/tune/default/journal.log").read_text("utf-8").splitlines()
    assert all(json.loads(line) for line in lines)


@pytest.mark.slow
def test_a_killed_search_goes_on_where_it_was(folder: Path) -> None:
    search = start(folder, "--trials=6", "--workers=2")
    leases = folder / "logs/tune/default/workers"
    while len(list(leases.glob("*-*-??????"))) < 2:
        time.sleep(0.1)
    time.sleep(8)
    search.send_signal(signal.SIGKILL)
    search.communicate()
    again = start(folder, "--trials=6", "--workers=2")
    _, err = again.communicate(timeout=600)
    assert again.returncode == 0, err
    assert Counter(t["state"] for t in trials(folder))["COMPLETE"] == 6
