"""A study ends with as many trials as asked for, and its best config gives the same score again."""

from __future__ import annotations

import csv
import re
from collections import Counter
from pathlib import Path

import pytest
from conftest import Command
from hparams import hparams_tab
from optuna.trial import TrialState
from searches import GRID, SEARCH, SPACE, refused, scores, trials, tune
from searches import folder as folder

from weitiao.tuning.options import Search
from weitiao.tuning.outcomes import trials_of
from weitiao.tuning.study import reopen


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
