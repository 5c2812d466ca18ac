"""A study ends with as many trials as asked for, and its best config gives the same score again."""

from __future__ import annotations

import csv
import json
import os
import random
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest
from conftest import TINY, Command, reviews, write_csv
from hparams import hparams_tab
from optuna.trial import TrialState

from weitiao.tuning.lease import alive, ended_in_order
from weitiao.tuning.options import Search
from weitiao.tuning.outcomes import trials_of
from weitiao.tuning.study import other_values, reopen

TUNE = Path(__file__).parents[2] / "src" / "tune.py"

SPACE = """
model.optim.lr: {low: 1.0e-3, high: 1.0e-1, log: true}
model.objective.pooling: {choices: [mean, max]}
"""
GRID = """
model.objective.pooling: {choices: [mean, max]}
model.objective.head.kind: {choices: [linear, mlp]}
"""
SEARCH = (
    "--space=space.yaml",
    "--workers=0",
    "--pruner=none",
    "--run.threads=1",
    "--data.train=my.csv",
    *TINY,
    # trials begin from an empty config instead of the embedded corpus
    "--config=base.yaml",
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_csv(tmp_path / "my.csv", reviews(200))
    (tmp_path / "space.yaml").write_text(SPACE, "utf-8")
    (tmp_path / "base.yaml").write_text("seed_everything: 3\n", "utf-8")
    return tmp_path


def trials(folder: Path, study: str = "default") -> list[dict[str, str]]:
    with (folder / "logs" / "tune" / study / "trials.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def scores(folder: Path) -> dict[str, float]:
    return json.loads((folder / "metrics.json").read_text("utf-8"))


def tune(command: Command, folder: Path, *options: str) -> str:
    done = command(*SEARCH, *options, cwd=folder, script="tune.py")
    assert done.code == 0, done.err
    return done.out + done.err


def refused(command: Command, folder: Path, *options: str) -> str:
    done = command(*SEARCH, *options, cwd=folder, script="tune.py")
    assert done.code == 1, done.err
    assert "Traceback" not in done.err
    return done.err


@pytest.mark.slow
def test_a_study_counts_in_all_and_its_best_reproduces(command: Command, folder: Path) -> None:
    tune(command, folder, "--trials=2")
    first = trials(folder)
    assert [trial["state"] for trial in first] == ["COMPLETE"] * 2
    shown = tune(command, folder, "--trials=4")
    again = trials(folder)
    assert again[:2] == first
    assert len(again) == 4
    assert "4/4 done, 0 pruned, 0 failed" in shown
    assert again[0]["start"] == "True"  # what TINY says, which is the first trial
    assert (again[0]["model.optim.lr"], "0 (start)" in shown) == ("0.01", True)
    assert len({trial["model.optim.lr"] for trial in again}) == 4
    study = folder / "logs" / "tune" / "default"
    fitted = command("fit", f"--config={study / 'best.yaml'}", cwd=folder)
    assert fitted.code == 0, fitted.err
    best = max(float(trial["value"]) for trial in again)
    assert scores(folder / "logs" / "latest")["val/f1_macro"] == best
    for trial in again:  # test is no business of a search
        assert not [name for name in scores(folder / trial["folder"]) if name.startswith("test")]
        assert (folder / trial["folder"] / "config.yaml").exists()
        assert not (folder / trial["folder"] / "predictions.csv").exists()
        assert trial["threads"] == "1"
    tab = hparams_tab(study / "trials", "model.optim.lr")
    assert len(tab) == 4
    shown_scores = [{v.name.tag: v.value for v in row.metric_values} for row in tab]
    assert {name for row in shown_scores for name in row} == {"best/f1_macro"}
    assert max(row["best/f1_macro"] for row in shown_scores) == pytest.approx(best)
    kept = list(study.glob("trials/*/checkpoints/best.ckpt"))
    assert len(kept) == 1  # the best one's, and no ``latest`` beside it


@pytest.mark.slow
def test_a_grid_is_covered_once(command: Command, folder: Path) -> None:
    (folder / "space.yaml").write_text(GRID, "utf-8")
    tune(command, folder, "--trials=50", "--sampler=grid", "--keep-top=2")
    points = {
        (t["model.objective.pooling"], t["model.objective.head.kind"]) for t in trials(folder)
    }
    assert len(points) == len(trials(folder)) == 4
    assert len(list(folder.glob("logs/tune/default/trials/*/checkpoints/best.ckpt"))) == 2


@pytest.mark.slow
def test_failures_keep_their_reason_and_end_the_study(command: Command, folder: Path) -> None:
    # heads of width 16 that don't divide it: each trial fails on its own
    space = "model.backbone.init_args.heads: {choices: [3, 5, 7]}\n"
    (folder / "space.yaml").write_text(space, "utf-8")
    said = refused(command, folder, "--trials=2")
    assert "5 trials failed in a row" in said
    assert "no multiple of" in said
    assert "Traceback" in (folder / "logs/tune/default/failure-4.txt").read_text("utf-8")


def test_one_failure_does_not_end_the_study(command: Command, folder: Path) -> None:
    space = "model.backbone.init_args.heads: {choices: [1, 2, 3]}\n"
    (folder / "space.yaml").write_text(space, "utf-8")
    tune(command, folder, "--trials=9", "--sampler=grid")
    found = {t["model.backbone.init_args.heads"]: t for t in trials(folder)}
    assert {heads: t["state"] for heads, t in found.items()} == {
        "1": "COMPLETE",
        "2": "COMPLETE",
        "3": "FAIL",
    }
    assert "no multiple of" in found["3"]["reason"]


@pytest.mark.slow
def test_another_start_is_refused_with_the_difference(command: Command, folder: Path) -> None:
    tune(command, folder, "--trials=1")
    same = tune(command, folder, "--trials=1", "--model.optim.lr=1e-2")  # as TINY has it
    assert "1/1 done" in same
    said = refused(command, folder, "--trials=2", "--model.objective.head.kind=mlp")
    assert "begun with other values" in said
    assert "→ a study of its own: --study NAME" in said
    assert "config.model.objective.init_args.head.kind: linear → mlp" in said
    assert "search.seed: 0 → 9" in refused(command, folder, "--trials=2", "--seed=9")
    (folder / "space.yaml").write_text(SPACE.replace("1.0e-1", "1.0e-2"), "utf-8")
    said = refused(command, folder, "--trials=2")
    assert "space.model.optim.lr.high: 0.1 → 0.01" in said
    (folder / "space.yaml").write_text(SPACE, "utf-8")
    write_csv(folder / "my.csv", reviews(220))
    said = refused(command, folder, "--trials=2")
    assert re.search(r"data\.rows\.train: \d+ → \d+", said)
    assert "data.fingerprint" in said


def test_a_start_that_fails_in_all_trials_is_refused_before_the_first(
    command: Command, folder: Path
) -> None:
    assert "val/f1_makro" in refused(command, folder, "--run.monitor=val/f1_makro")
    assert not (folder / "logs").exists()


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
def test_two_folders_do_not_share_a_database(command: Command, folder: Path) -> None:
    storage = f"--storage=sqlite:///{folder / 'study.db'}"
    tune(command, folder, "--trials=1", storage)
    assert "2/2 done" in tune(command, folder, "--trials=2", storage)
    said = refused(command, folder, "--trials=3", storage, "--root=elsewhere")
    assert "another folder" in said


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


def test_options_that_trials_have_of_their_own_are_refused(command: Command, folder: Path) -> None:
    assert "--run.name: trials have folders of their own" in refused(
        command, folder, "--run.name=a"
    )


@pytest.mark.slow
def test_a_space_with_fewer_points_than_trials_is_told(command: Command, folder: Path) -> None:
    (folder / "space.yaml").write_text(GRID, "utf-8")
    shown = tune(command, folder, "--trials=5", "--trainer.max_epochs=1")
    assert "the space has 4 points, so some are tried twice" in " ".join(shown.split())


@pytest.mark.slow
def test_a_bad_trial_is_pruned(command: Command, folder: Path) -> None:
    # a rate of nothing learns nothing: it stays below the median of the five before
    (folder / "space.yaml").write_text("model.optim.lr: {low: 5.0e-3, high: 1.0e-2}", "utf-8")
    tune(command, folder, "--pruner=median", "--trials=5")
    study = reopen(Search(root=str(folder / "logs/tune"), pruner="median"))
    study.enqueue_trial({"model.optim.lr": 0.0})
    tune(command, folder, "--pruner=median", "--trials=6")
    last = trials(folder)[5]
    assert last["state"] == "PRUNED"
    assert not list((folder / last["folder"] / "checkpoints").glob("*.ckpt"))


@pytest.mark.slow
def test_two_objectives_give_a_front(command: Command, folder: Path) -> None:
    tune(command, folder, "--trials=2", "--latency=true")
    study = reopen(Search(root=str(folder / "logs/tune"), latency=True))
    for trial in trials_of(study, TrialState.COMPLETE):
        assert 0 <= trial.values[0] <= 1
        assert 0 < trial.values[1] < 1000
    assert [d.name for d in study.directions] == ["MAXIMIZE", "MINIMIZE"]
    done = command(*SEARCH, "--latency=true", "--pruner=median", cwd=folder, script="tune.py")
    assert done.code == 1
    assert "--pruner none" in done.err


@pytest.mark.slow
def test_an_error_is_looked_for_at_its_least(command: Command, folder: Path) -> None:
    tune(command, folder, "--trials=3", "--run.monitor=val/loss")
    best = min(float(trial["value"]) for trial in trials(folder))
    assert repr(best) in (folder / "logs/tune/default/best.yaml").read_text("utf-8")


@pytest.mark.slow
def test_the_best_is_confirmed_under_other_seeds_and_tested_once(
    command: Command, folder: Path
) -> None:
    options = ("--trials=2", "--confirm=1", "--seeds=2", "--trainer.max_epochs=1")
    shown = tune(command, folder, *options)
    assert "confirmed under 2 other seeds" in shown
    assert re.search(r"confirming trial 1 and the start under seeds 4, 5: 4 trainings", shown)
    assert re.search(r"^trial 1 under seed 4: \d", shown, re.MULTILINE)
    assert re.search(r"^start under seed 5: \d", shown, re.MULTILINE)
    assert re.search(r"keep (it|the start), logs/tune/default/start.yaml|: use logs/tune/", shown)
    study = folder / "logs/tune/default/default-confirm-2-1x2"
    with (study / "confirm.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    names = Counter(row["candidate"] for row in rows)
    assert names["start"] == 2
    assert len(names) == 2
    assert {row["seed"] for row in rows} == {"4", "5"}  # the search itself had 3
    means = {n: sum(float(r["value"]) for r in rows if r["candidate"] == n) / 2 for n in names}
    winner = rows[0]["candidate"]
    assert means[winner] == max(means.values())
    tested = {r["candidate"] for r in rows if "test/f1_macro" in scores(folder / r["folder"])}
    assert tested == {winner}
    before = {row["folder"]: scores(folder / row["folder"]) for row in rows}
    tune(command, folder, *options)
    assert before == {row["folder"]: scores(folder / row["folder"]) for row in rows}


@pytest.mark.slow
def test_a_dry_run_shows_the_space_and_keeps_nothing(command: Command, folder: Path) -> None:
    shown = tune(command, folder, "--dry-run")
    for words in ("model.optim.lr", "0.001 … 0.1", "mean, max", "endlessly many", "50 trials"):
        assert words in shown
    assert not (folder / "logs").exists()
    space = "model.objective.pooling:\n"
    space += "  choices: {mean: {trainer.max_epochs: {low: 2, high: 4}}, max: {}}\n"
    (folder / "space.yaml").write_text(space, "utf-8")
    assert "50 trials of 3 epochs on average" in tune(command, folder, "--dry-run")
    (folder / "space.yaml").write_text(SPACE, "utf-8")
    endless = ("--trainer.max_epochs=-1", "--trainer.max_steps=9")
    assert "sets no bound" in tune(command, folder, "--dry-run", *endless)


def test_the_status_of_a_study_names_who_runs_what(command: Command, folder: Path) -> None:
    assert "no study 'default'" in refused(command, folder, "--status")
    tune(command, folder, "--trials=1")
    shown = tune(command, folder, "--status")
    assert "1/1 done" in shown
    assert "none runs" in shown
    assert "best of 1 trials" in shown
    assert "trial 0 again, to the same digits: " in shown
    study = reopen(Search(root=str(folder / "logs/tune")))
    study.ask().set_user_attr("worker", "somewhere-7-abc")
    shown = tune(command, folder, "--status")
    assert "1/1 done" in shown
    assert "somewhere-7-abc" in shown
    assert "will be taken up again" in shown
    assert "best of" not in shown


def test_options_may_have_hyphens_and_a_misspelt_one_is_told(
    command: Command, folder: Path
) -> None:
    done = command(*SEARCH, "--keep-tpo=2", cwd=folder, script="tune.py")
    assert done.code == 2
    assert "keep-tpo" in done.err
    assert "here it is --trials" in refused(command, folder, "--n-trials=2")
    assert "at least 1" in refused(command, folder, "--keep-top=0")


@pytest.mark.slow
def test_workers_are_processes_that_share_the_study(folder: Path) -> None:
    done = start(folder, "--trials=3", "--workers=2")
    _, err = done.communicate(timeout=300)
    assert done.returncode == 0, err
    found = trials(folder)
    assert [trial["state"] for trial in found] == ["COMPLETE"] * 3
    assert len({trial["worker"] for trial in found}) == 2
    assert not list((folder / "logs/tune/default/workers").glob("*-*-??????"))  # leases


def start(folder: Path, *options: str) -> subprocess.Popen[str]:
    """A search as people start it: a process with workers of its own."""
    search = [option for option in SEARCH if option != "--workers=0"]
    return subprocess.Popen(
        [sys.executable, str(TUNE), *search, *options],
        cwd=folder,
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
    )


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


def test_another_recipe_is_told_before_what_it_brings_along() -> None:
    then = {f"config.{i}": 0 for i in range(12)} | {"config.recipe": "reviews"}
    now = dict.fromkeys(then, 1) | {"config.recipe": "english"}
    said = str(other_values("mine", [*then], then, now)).splitlines()
    assert said[1] == "  config.recipe: reviews → english"
    assert said[-2:] == [
        "  and 3 more",
        "  → as it was begun: --recipe reviews; or a study of its own: --study NAME",
    ]
    unnamed = other_values("mine", [*then], then | {"config.recipe": "auto"}, now)
    assert "--recipe none" in str(unnamed)
