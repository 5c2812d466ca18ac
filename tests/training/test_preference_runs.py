"""Preferred answers, from a file to a tuned model: what is remembered, resumed and started from."""

from __future__ import annotations

import csv
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from chat_models import write_chat_model
from conftest import Command
from replies import sums
from resumed_runs import rows

import weitiao
from weitiao.cli.main import main

USUAL = (
    *("--task=preferences", "--recipe=none", "--data.train=my.jsonl"),
    *("--data.input.max_length=128", "--model.objective.sample=2", "--model.objective.longest=8"),
    *("--model.optim.lr=0.01", "--model.optim.schedule=constant", "--model.optim.warmup=0"),
    *("--trainer.accelerator=cpu", "--run.threads=1"),
)
MODEL = ("--data.input.tokenizer=chat", "--model.backbone.name=chat")
LORA = ("--model.backbone.lora.rank=4", "--model.backbone.lora.dropout=0")


def run(monkeypatch: pytest.MonkeyPatch, folder: Path, verb: str, *options: str) -> int:
    """A verb in this process and that folder."""
    monkeypatch.chdir(folder)
    monkeypatch.setattr(sys, "argv", ["train.py"])
    return main([verb, *options])


def scores(folder: Path) -> dict[str, Any]:
    return json.loads((folder / "metrics.json").read_text("utf-8"))


def rewards(file: Path) -> list[float]:
    """Both of each row, in the order of their prompts."""
    with file.open(encoding="utf-8", newline="") as opened:
        table = sorted(csv.DictReader(opened), key=lambda row: row["text"])
    return [float(row[f"reward_{which}"]) for row in table for which in ("chosen", "rejected")]


def remembered(folder: Path) -> list[Path]:
    return sorted((folder / ".cache" / "prepared").glob("*/*.reference.npy"))


@pytest.fixture(scope="module")
def compared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file of two answers each, a model, and the run ``tuned``."""
    folder = tmp_path_factory.mktemp("compared")
    said = sums(60)
    lines = [
        json.dumps({"prompt": p, "chosen": a, "rejected": f"{a} or so"}, ensure_ascii=False)
        for p, a in said
    ]
    (folder / "my.jsonl").write_text("\n".join(lines), "utf-8")
    write_chat_model(folder / "chat", texts=[text for row in said for text in row])
    with pytest.MonkeyPatch.context() as patch:
        how = ("--trainer.max_epochs=3", "--run.folder=tuned", *LORA)
        assert run(patch, folder, "train", *USUAL, *MODEL, *how) == 0
    return folder


@pytest.mark.slow
def test_preferred_answers_are_rewarded_more_and_the_rest_works_as_of_a_chat(
    compared: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = scores(compared / "tuned")
    assert found["test/accuracy"] == 1
    assert found["test/margin"] > 0.01
    assert (found["untuned/accuracy"], found["untuned/margin"]) == (0.5, 0)
    with (compared / "tuned" / "predictions.csv").open(encoding="utf-8", newline="") as file:
        table = [*csv.DictReader(file)]
    margins = [float(row["reward_chosen"]) - float(row["reward_rejected"]) for row in table]
    assert sum(margins) / len(margins) == pytest.approx(found["test/margin"], rel=1e-4)
    best = ("--ckpt_path=tuned", "--hardware.accelerator=cpu")
    assert run(monkeypatch, compared, "test", *best) == 0  # what is remembered lies in the cache
    assert scores(compared / "tuned")["test/margin"] == pytest.approx(found["test/margin"])
    new = [row["text"] for row in table]
    given = [json.loads(line) for line in (compared / "my.jsonl").read_text("utf-8").splitlines()]
    lines = [json.dumps(row) for row in given if any(row["prompt"] in text for text in new)]
    (compared / "new.jsonl").write_text("\n".join(lines), "utf-8")
    again = (*best, "--data.test=new.jsonl", "--out=new.csv")
    (compared / "chat").rename(compared / "gone")  # beside adapters all weights are as before
    assert run(monkeypatch, compared, "test", *again) == 0
    (compared / "gone").rename(compared / "chat")
    assert rewards(compared / "new.csv") == pytest.approx(
        rewards(compared / "tuned" / "predictions.csv")
    )
    assert run(monkeypatch, compared, "export", "tuned", "--to=folder") == 0
    assert "text-generation" in (compared / "folder" / "README.md").read_text("utf-8")
    model = weitiao.load(compared / "tuned", device="cpu")
    assert model.predict(["3 plus 3? 好好好"]).labels == model.predict(["3 plus 3? 好好好"]).labels


@pytest.mark.slow
def test_what_is_remembered_is_of_the_model_that_training_begins_with(
    compared: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = remembered(compared)
    assert len(before) == 3
    how = ("--seed_everything=2", *LORA, "--model.backbone.lora.rank=2", "--run.folder=again")
    assert run(monkeypatch, compared, "fit", *USUAL, *MODEL, *how, "--trainer.max_epochs=1") == 0
    assert remembered(compared) == before  # of new adapters, whatever seed and rank
    begun = ("--model.start=tuned", "--model.optim.lr=1e-9", "--run.folder=begun")
    assert run(monkeypatch, compared, "fit", *USUAL, *begun, "--trainer.max_epochs=1") == 0
    assert len(remembered(compared)) == 6  # of other weights
    assert scores(compared / "begun")["val/margin"] == pytest.approx(0, abs=1e-4)
    new = ("--ckpt_path=begun", "--hardware.accelerator=cpu", "--data.test=my.jsonl")
    assert run(monkeypatch, compared, "test", *new, "--out=begun.csv") == 0
    assert rewards(compared / "begun.csv") == pytest.approx(np.zeros(120), abs=1e-3)


@pytest.mark.slow
def test_a_run_that_goes_on_ends_as_one_that_was_not_stopped(
    compared: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    half = ("--run.folder=half", *MODEL, *LORA, "--trainer.max_epochs=3", "--trainer.max_steps=1")
    assert run(monkeypatch, compared, "fit", *USUAL, *half) == 0
    last = compared / "half" / "checkpoints" / "last.ckpt"
    config = ("--config=half/config.yaml", "--trainer.max_steps=-1", f"--ckpt_path={last}")
    assert run(monkeypatch, compared, "fit", *config) == 0
    whole, gone_on = (rows(compared / name) for name in ("tuned", "half"))
    assert [r for r in whole if "val/loss" in r] == [r for r in gone_on if "val/loss" in r]


@pytest.mark.slow
def test_two_processes_learn_as_one(compared: Path, command: Command) -> None:
    two = ("--trainer.devices=2", "--trainer.strategy=ddp", "--run.folder=two")
    how = (*MODEL, *LORA, "--trainer.max_epochs=3", "--model.objective.sample=0")
    done = command("fit", *USUAL, *how, *two, cwd=compared)
    assert done.code == 0, done.err
    one, both = (scores(compared / name) for name in ("tuned", "two"))
    assert both["val/margin"] == pytest.approx(one["val/margin"], rel=1e-3)


@pytest.mark.slow
def test_answers_that_were_judged_teach_which_are_good(
    compared: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pairs = [json.loads(line) for line in (compared / "my.jsonl").read_text("utf-8").splitlines()]
    lines = [
        {"prompt": row["prompt"], "completion": row[kind], "label": kind == "chosen"}
        for row in pairs
        for kind in ("chosen", "rejected")
    ]
    (compared / "judged.jsonl").write_text("\n".join(map(json.dumps, lines)), "utf-8")
    how = ("--task=feedback", "--data.train=judged.jsonl", "--run.folder=judged", *MODEL)
    assert run(monkeypatch, compared, "train", *USUAL, *how, "--trainer.max_epochs=5") == 0
    found = scores(compared / "judged")
    assert found["test/auroc"] > 0.9 > found["untuned/auroc"] == 0.5
    assert found["test/reward_good"] > found["test/reward_bad"]
    (compared / "chat").rename(compared / "gone")
    capsys.readouterr()
    new = ("--ckpt_path=judged", "--hardware.accelerator=cpu", "--data.test=judged.jsonl")
    assert run(monkeypatch, compared, "test", *new) == 0
    (compared / "gone").rename(compared / "chat")
    told = capsys.readouterr()
    assert "before training is undefined: no loadable" in " ".join(told.err.split())
    assert "nothing to compare with" in " ".join(told.out.split())
