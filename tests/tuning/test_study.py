"""A study ends with as many trials as asked for, and its best config gives the same score again."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import optuna
import pytest
import yaml
from conftest import TINY, Command, reviews, write_csv
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend

SPACE = """
model.optim.lr: {low: 1.0e-3, high: 1.0e-1, log: true}
model.pooling: {choices: [mean, max]}
"""
SEARCH = ("--space=space.yaml", "--run.threads=1", "--data.train=my.csv", *TINY)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_csv(tmp_path / "my.csv", reviews(200))
    (tmp_path / "space.yaml").write_text(SPACE, "utf-8")
    # trials begin from an empty config instead of the embedded corpus
    (tmp_path / "base.yaml").write_text("seed_everything: 3\n", "utf-8")
    return tmp_path


def trials(folder: Path, study: str = "default") -> list[dict[str, str]]:
    with (folder / "logs" / "tune" / study / "trials.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def tune(command: Command, folder: Path, *options: str) -> str:
    done = command(*SEARCH, "--config=base.yaml", *options, cwd=folder, script="tune.py")
    assert done.code == 0, done.err
    return done.out + done.err


def test_a_study_counts_in_all_and_its_best_reproduces(command: Command, folder: Path) -> None:
    tune(command, folder, "--trials=2")
    first = trials(folder)
    assert [trial["state"] for trial in first] == ["COMPLETE"] * 2
    shown = tune(command, folder, "--trials=4")
    again = trials(folder)
    assert again[:2] == first
    assert len(again) == 4
    assert "4/4 done, 0 failed" in shown
    assert len({trial["model.optim.lr"] for trial in again}) == 4
    study = folder / "logs" / "tune" / "default"
    fitted = command("fit", f"--config={study / 'best.yaml'}", cwd=folder)
    assert fitted.code == 0, fitted.err
    metrics = json.loads((folder / "logs" / "latest" / "metrics.json").read_text("utf-8"))
    assert metrics["val/f1_macro"] == max(float(trial["value"]) for trial in again)
    for trial in again:  # test is no business of a search
        values = json.loads((folder / trial["folder"] / "metrics.json").read_text("utf-8"))
        assert not [name for name in values if name.startswith("test")]
        assert (folder / trial["folder"] / "config.yaml").exists()
    kept = list(study.glob("trials/*/checkpoints/best.ckpt"))
    assert len(kept) == 1  # the best one's


def test_points_depend_on_seed_and_number_only(command: Command, folder: Path) -> None:
    tune(command, folder, "--trials=2", "--study=a")
    tune(command, folder, "--trials=1", "--study=b")
    tune(command, folder, "--trials=2", "--study=b")
    tune(command, folder, "--trials=1", "--study=c", "--seed=5")
    rates = {study: [t["model.optim.lr"] for t in trials(folder, study)] for study in "abc"}
    assert rates["a"] == rates["b"]
    assert rates["c"][0] not in rates["a"]


def test_a_grid_is_covered_once(command: Command, folder: Path) -> None:
    grid = "model.pooling: {choices: [mean, max]}\nmodel.head.kind: {choices: [linear, mlp]}\n"
    (folder / "space.yaml").write_text(grid, "utf-8")
    tune(command, folder, "--trials=50", "--sampler=grid")
    points = {(t["model.pooling"], t["model.head.kind"]) for t in trials(folder)}
    assert len(points) == len(trials(folder)) == 4


def test_a_point_of_a_grid_whose_process_died_is_taken_again(
    command: Command, folder: Path
) -> None:
    grid = "model.optim.lr: {choices: [0.001, 0.01, 0.1]}\n"
    (folder / "space.yaml").write_text(grid, "utf-8")
    tune(command, folder, "--trials=1", "--sampler=grid")
    journal = JournalFileBackend(str(folder / "logs" / "tune" / "default" / "journal.log"))
    optuna.load_study(study_name="default", storage=JournalStorage(journal)).ask()  # and dies
    tune(command, folder, "--trials=50", "--sampler=grid")
    states = [trial["state"] for trial in trials(folder)]
    assert sorted(states) == ["COMPLETE", "COMPLETE", "COMPLETE", "FAIL"]
    ended = [t["model.optim.lr"] for t in trials(folder) if t["state"] == "COMPLETE"]
    assert sorted(ended) == ["0.001", "0.01", "0.1"]


def test_failures_keep_their_reason_and_end_the_study(command: Command, folder: Path) -> None:
    # heads of width 16 that don't divide it: each trial fails on its own
    space = "model.backbone.init_args.heads: {choices: [3, 5, 7]}\n"
    (folder / "space.yaml").write_text(space, "utf-8")
    done = command(*SEARCH, "--config=base.yaml", "--trials=2", cwd=folder, script="tune.py")
    assert done.code == 1
    assert "5 trials failed in a row" in done.err
    assert "no multiple of" in done.err


def test_another_space_is_refused(command: Command, folder: Path) -> None:
    tune(command, folder, "--trials=1")
    (folder / "space.yaml").write_text(SPACE.replace("1.0e-1", "1.0e-2"), "utf-8")
    done = command(*SEARCH, "--config=base.yaml", "--trials=2", cwd=folder, script="tune.py")
    assert done.code == 1
    assert "begun with another space" in done.err


def test_the_shipped_space_fits_the_default_config() -> None:
    from weitiao.tuning.space import check_space, load_space

    root = Path(__file__).parents[2]
    for path in sorted((root / "configs" / "search").glob("*.yaml")):
        assert yaml.safe_load(path.read_text("utf-8"))
        check_space(load_space(path), ["--config", str(root / "configs" / "default.yaml")])
