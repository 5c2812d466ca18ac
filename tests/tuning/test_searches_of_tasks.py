"""A search works alike for every task: its own score, a space that fits the model, a report."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import choice_rows
import pytest
import question_rows
import span_rows
import yaml
from conftest import Command
from pairs_of_texts import drawn, write

SCORES = {
    "tags": "val/f1",
    "answers": "val/f1",
    "choice": "val/accuracy",
    "likeness": "val/spearman",
    "retrieval": "val/ndcg_10",
}


def write_rows(path: Path, task: str) -> None:
    """Few rows of a task."""
    if task == "tags":
        span_rows.write(path, span_rows.rows(120))
    elif task == "answers":
        question_rows.write(path, question_rows.rows(120, none=True))
    elif task == "choice":
        choice_rows.write(path, choice_rows.rows(120))
    else:
        write(path, task, drawn(task, 120))


def searched(command: Command, folder: Path, task: str, *options: str) -> str:
    """What a search of five trials told."""
    write_rows(folder / "my.csv", task)
    (folder / "base.yaml").write_text(f"task: {task}\nrecipe: none\n", "utf-8")
    how = ("--config=base.yaml", "--workers=0", "--trials=5", "--run.threads=1")
    model = ("--model.backbone=Bag", "--trainer.max_epochs=2", "--trainer.accelerator=cpu")
    given = ("tune", *how, *model, "--data.train=my.csv", *options)
    done = command(*given, cwd=folder, kill_after=300)
    assert done.code == 0, done.err
    return done.out + done.err


@pytest.mark.slow
@pytest.mark.parametrize("task", SCORES)
def test_the_default_space_is_searched_by_the_score_of_the_task(
    task: str, tmp_path: Path, command: Command
) -> None:
    told = searched(command, tmp_path, task)
    study = tmp_path / "logs" / "tune" / "default"
    with (study / "trials.csv").open(encoding="utf-8") as file:
        trials = [*csv.DictReader(file)]
    assert len(trials) == 5
    assert "model.optim.lr" in trials[0]
    of_vectors = task in ("likeness", "retrieval")
    assert ("model.objective.loss.temperature" in trials[0]) == of_vectors
    values = [float(trial["value"]) for trial in trials if trial["state"] == "COMPLETE"]
    best = yaml.safe_load((study / "best.yaml").read_text("utf-8"))
    assert SCORES[task] in told
    again = command("fit", f"--config={study / 'best.yaml'}", "--run.folder=again", cwd=tmp_path)
    assert again.code == 0, again.err
    found = json.loads((tmp_path / "again" / "metrics.json").read_text("utf-8"))
    assert found[SCORES[task]] == pytest.approx(max(values), abs=1e-6)
    assert best["task"] == task
