"""Scores that few rows leave undefined: NaN with a word, and never what the best epoch is by."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
import yaml
from conftest import TINY, Command, reviews, write_csv

from weitiao.objectives.metrics import mode_of
from weitiao.training.best_scores import BestScores

ROWS = reviews(60)
LABELS = {
    "classification": [label for _, label in ROWS],
    "ordinal": [str(len(text) % 3) for text, _ in ROWS],
    "multilabel": ["|".join(w for w in ("酒店", "手机") if w in text) for text, _ in ROWS],
    "regression": [str(len(text)) for text, _ in ROWS],
}
REST = [pytest.param(task, marks=pytest.mark.slow) for task in LABELS if task != "classification"]
UNDEFINED = {  # on one row
    "classification": {"auroc"},
    "ordinal": {"auroc"},  # and qwk, where the row is right
    "multilabel": {"auroc", "average_precision"},
    "regression": {"r2", "pearson", "spearman"},
}


@pytest.mark.parametrize("task", ["classification", *REST])
def test_one_row_to_validate_and_one_to_test_are_enough(
    task: str, command: Command, tmp_path: Path
) -> None:
    rows = [(text, label) for (text, _), label in zip(ROWS, LABELS[task], strict=True)]
    for name, part in (("my", rows[:40]), ("val", rows[40:41]), ("test", rows[50:51])):
        write_csv(tmp_path / f"{name}.csv", part)
    files = [f"--data.{name}={name}.csv" for name in ("val", "test")]
    done = command(
        "train",
        "--data.train=my.csv",
        *files,
        *TINY,
        f"--task={task}",
        "--trainer.max_epochs=1",
        cwd=tmp_path,
    )
    assert done.code == 0, done.err
    assert "Warning" not in done.err
    run = tmp_path / "logs/latest"
    metrics = json.loads((run / "metrics.json").read_text("utf-8"))
    for split in ("val", "test"):
        nothing = {k for k, v in metrics.items() if k.startswith(f"{split}/") and v != v}
        assert nothing - {f"{split}/qwk"} == {f"{split}/{name}" for name in UNDEFINED[task]}
        said = "! undefined, since all targets or all predictions are equal, or none counts: "
        assert f"{said}{', '.join(sorted(nothing))}" in done.err
    monitor = yaml.safe_load((run / "config.yaml").read_text("utf-8"))["run"]["monitor"]
    assert monitor == ("val/loss" if task == "regression" else "val/f1_macro")
    assert ("! val/r2 is undefined on val" in done.err) == (task == "regression")
    best = ["--ckpt_path=logs/latest/checkpoints/best.ckpt", "--data.test=test.csv"]
    done = command("test", *best, "--hardware.accelerator=cpu", cwd=tmp_path)
    assert done.code == 0, done.err
    assert f": {', '.join(sorted(nothing))}" in done.err


def test_a_monitor_that_val_leaves_undefined_is_refused(command: Command, tmp_path: Path) -> None:
    write_csv(tmp_path / "my.csv", ROWS[:40])
    write_csv(tmp_path / "val.csv", [row for row in ROWS[40:] if row[1] == "好评"])
    options = ["--data.train=my.csv", "--data.val=val.csv", *TINY, "--run.monitor=val/auroc"]
    done = command("fit", *options, cwd=tmp_path)
    assert done.code == 1
    assert "run.monitor: val/auroc is undefined on val, where all targets are equal" in done.err
    assert "'好评'" in done.err
    assert not list((tmp_path / "logs").glob("*"))


def test_a_search_does_not_choose_by_what_is_undefined(command: Command, tmp_path: Path) -> None:
    write_csv(tmp_path / "my.csv", [(text, str(len(text))) for text, _ in ROWS[:12]])
    (tmp_path / "space.yaml").write_text("model.optim.lr: {low: 0.001, high: 0.01}\n")
    (tmp_path / "my.yaml").write_text("data: {train: my.csv}\n")
    options = ["--config=my.yaml", *TINY, "--task=regression", "--space=space.yaml"]
    done = command("--trials=1", *options, cwd=tmp_path, script="tune.py")
    assert done.code == 1
    assert "run.monitor: val/r2 is undefined on val" in done.err


@pytest.mark.parametrize(
    ("values", "epoch"),
    [
        ([0.5, 0.7, 0.6], 1),
        ([torch.nan, 0.2, torch.nan, 0.3], 3),
        ([0.2, torch.nan], 0),
        ([torch.nan, torch.nan], 0),  # as ModelCheckpoint keeps the first one
    ],
)
def test_an_epoch_without_the_score_is_not_the_best(values: list[float], epoch: int) -> None:
    best = BestScores("val/auroc", "max")
    for number, value in enumerate(values):
        scores = {"val/auroc": torch.tensor(value)}
        trainer = SimpleNamespace(
            sanity_checking=False, callback_metrics=scores, current_epoch=number
        )
        best.on_validation_end(trainer, None)
    assert best.scores["best/epoch"] == epoch


@pytest.mark.parametrize(
    ("monitor", "mode"),
    [
        ("val/loss", "min"),
        ("val/mae", "min"),
        ("val/hamming", "min"),
        ("val/perplexity", "min"),
        ("val/f1_macro", "max"),
        ("val/f1_class/loss", "max"),
        ("val/f1_class/mae", "max"),
        ("val/f1_class/a/mse", "max"),
    ],
)
def test_less_is_better_of_errors_only(monitor: str, mode: str) -> None:
    assert mode_of(monitor, ("loss", "mae", "hamming", "perplexity", "mse")) == mode


def test_training_stops_early_by_what_the_run_is_monitored_by(
    command: Command, tmp_path: Path
) -> None:
    write_csv(tmp_path / "my.csv", [(text, str(len(text))) for text, _ in ROWS])
    config = Path(__file__).parents[2] / "configs" / "trainer" / "early_stopping.yaml"
    options = [f"--config={config}", "--data.train=my.csv", *TINY, "--task=regression"]
    more = ["--trainer.max_epochs=50", "--model.optim.lr=0", "--run.monitor=val/mae"]
    done = command("fit", *options, *more, cwd=tmp_path)
    assert done.code == 0, done.err
    with (tmp_path / "logs/latest/metrics.csv").open(newline="") as file:
        epochs = [row for row in csv.DictReader(file) if row["metric"] == "val/mae"]
    assert len(epochs) == 4  # the first, and three without improvement
