"""Spans, answers, choices: several processes learn what one does, a killed run goes on exactly."""

from __future__ import annotations

import csv
import json
import signal
from pathlib import Path

import choice_rows
import pytest
import question_rows
import span_rows
from conftest import Command
from resumed_runs import by_test, rows

SMALL = (
    *("--data.train=my.csv", "--recipe=none", "--trainer.accelerator=cpu"),
    *("--trainer.enable_progress_bar=false", "--trainer.log_every_n_steps=1", "--run.threads=1"),
    *("--trainer.max_epochs=2", "--data.batch.tokens=null", "--model.optim.lr=0.01"),
    *("--model.backbone=TextCNN", "--model.backbone.token_dropout=0"),
)
EXACT = ("--model.backbone.dropout=0", "--model.objective.head.dropout=0")
TASKS = {
    "crf": ("--task=tags", "--model.objective.chain=crf"),
    "answers": ("--task=answers",),
    "misplaced": ("--task=answers",),
    "choice": ("--task=choice",),
}
FIRST = {"choice": "val/accuracy"}  # metric; of others F1
ROWS = {"misplaced": 2}  # of a batch; of some of its processes' batches nothing is learned
TWO = ("--trainer.devices=2", "--trainer.strategy=ddp")


def write(folder: Path, task: str, count: int) -> None:
    """Rows of a task; of some questions no answer, of some one that stands nowhere."""
    if task == "choice":
        choice_rows.write(folder / "my.csv", choice_rows.rows(count))
        return
    found = question_rows.rows(count, none=True)
    if task == "misplaced":
        lost = [[-1, -1, "nowhere"]]
        found = [(*row[:3], lost if i % 6 == 1 else row[3]) for i, row in enumerate(found)]
    if task in ("answers", "misplaced"):
        question_rows.write(folder / "my.csv", found)
    else:
        span_rows.write(folder / "my.csv", span_rows.rows(count))


def run(command: Command, folder: Path, *options: str | Path) -> None:
    done = command(*options, cwd=folder, kill_after=300)
    assert done.code == 0, done.err


def values(folder: Path) -> dict[tuple[str, str], float]:
    """What was logged, by step and name."""
    with (folder / "metrics.csv").open(encoding="utf-8") as file:
        return {(row["step"], row["metric"]): float(row["value"]) for row in csv.DictReader(file)}


def said_in(path: Path) -> list[tuple[str, str, str]]:
    """Each row with what was said of it; probabilities differ in the last digits."""
    rows = map(json.loads, path.read_text("utf-8").splitlines())
    return [(row["id"], row.get("words", ""), str(row["label"])) for row in rows]


@pytest.mark.slow
@pytest.mark.parametrize("task", [task for task in TASKS if task != "answers"])  # misplaced has all
def test_two_processes_learn_and_say_what_one_does(
    task: str, tmp_path: Path, command: Command
) -> None:
    first = FIRST.get(task, "val/f1")
    write(tmp_path, task, 124 if task in ROWS else 123)  # an even number of rows of train
    given = (*TASKS[task], *SMALL, *EXACT)
    size = ROWS.get(task, 16)
    one_device = ("--trainer.devices=1", f"--data.batch.size={size}")
    two_devices = (*TWO, f"--data.batch.size={size // 2}")
    run(command, tmp_path, "train", "--run.folder=one", *given, *one_device)
    run(command, tmp_path, "train", "--run.folder=two", *given, *two_devices)
    one, two = (values(tmp_path / name) for name in ("one", "two"))
    assert one.keys() == two.keys()
    means = [key for key in one if key[1] in ("train/loss_epoch", "val/loss", first)]
    assert len(means) >= 6
    for key in means:
        assert two[key] == pytest.approx(one[key], rel=1e-5, abs=1e-6), key
    best = tmp_path / "one" / "checkpoints" / "best.ckpt"
    kept = json.loads((tmp_path / "one" / "metrics.json").read_text("utf-8"))
    for devices in (1, 3):
        on = ("--ckpt_path", best, "--hardware.accelerator=cpu", f"--hardware.devices={devices}")
        out = f"--out=said-{devices}.jsonl"
        run(command, tmp_path, "predict", *on, "--data.predict=my.csv", out, "--data.batch.size=4")
    said = [said_in(tmp_path / f"said-{devices}.jsonl") for devices in (1, 3)]
    assert said[0] == said[1]
    run(command, tmp_path, "test", "--ckpt_path", best, "--hardware.devices=2")
    found = json.loads((tmp_path / "one" / "metrics.json").read_text("utf-8"))
    for name in (name for name in kept if name.startswith("test/")):
        assert found[name] == pytest.approx(kept[name], abs=1e-6, nan_ok=True), name


@pytest.mark.slow
@pytest.mark.parametrize("task", TASKS)
def test_a_killed_run_goes_on_to_the_same_digits(
    task: str, tmp_path: Path, command: Command
) -> None:
    write(tmp_path, task, 100)
    given = (*TASKS[task], *SMALL, "--trainer.devices=1", "--data.batch.size=8")
    given += ("--run.save_every=1", "--trainer.accumulate_grad_batches=2")
    run(command, tmp_path, "fit", "--run.root=whole", *given)
    unbroken = rows(tmp_path / "whole" / "latest")
    assert {"train/loss_epoch", FIRST.get(task, "val/f1")} <= {row[2] for row in unbroken}
    for step in (3, 5, 6):  # in mid-epoch, at its last step, at the first of the next
        kill = (*by_test("kill_at.KillAt"), f"--trainer.callbacks.step={step}")
        root = tmp_path / f"killed-{step}"
        killed = command("fit", f"--run.root={root.name}", *given, *kill, cwd=tmp_path)
        assert killed.code == -signal.SIGKILL, killed.err
        last = (root / "latest" / "checkpoints" / "last.ckpt").resolve()
        resume = ("--ckpt_path", last, "--allow_code=kill_at", "--trainer.callbacks=null")
        run(command, tmp_path, "fit", *resume)
        assert rows(root / "latest") == unbroken, f"killed at step {step}"
