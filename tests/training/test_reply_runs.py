"""Answers to conversations, from a file to predictions, the board and a server."""

from __future__ import annotations

import csv
import json
import sys
from pathlib import Path
from typing import Any

import pytest
from chat_models import write_chat_model
from conftest import Command, run_behind
from replies import sums
from starlette.testclient import TestClient
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.util import tensor_util

import weitiao
from weitiao.cli.main import main
from weitiao.generation.talks import Talker
from weitiao.serving.app import make_app
from weitiao.serving.limits import Limits
from weitiao.serving.models import Models

USUAL = (
    *("--recipe=none", "--data.train=my.jsonl", "--data.target=Reply"),
    *("--data.input=weitiao.inputs.chat.Chat", "--data.input.tokenizer=chat"),
    *("--data.input.max_length=128", "--model.backbone=Causal", "--model.backbone.name=chat"),
    *("--model.objective=Replying", "--model.objective.sample=4", "--model.objective.longest=24"),
    *("--model.objective.extract=#### *(.+)", "--model.optim.lr=0.01"),
    *("--model.objective.metrics=translation", "--run.monitor=val/chrf"),
    *("--trainer.accelerator=cpu", "--trainer.max_epochs=2", "--run.threads=1"),
)


def write(folder: Path, count: int = 60) -> None:
    """Prompts with their answers, and a model."""
    said = sums(count)
    rows: list[dict[str, Any]] = [{"prompt": p, "completion": a} for p, a in said]
    lines = [json.dumps(row, ensure_ascii=False) for row in rows]
    (folder / "my.jsonl").write_text("\n".join(lines), "utf-8")
    write_chat_model(folder / "chat", texts=[text for row in said for text in row])


@pytest.fixture(scope="module")
def replying(tmp_path_factory: pytest.TempPathFactory, command: Command) -> Path:
    """A folder with a run of a few steps."""
    folder = tmp_path_factory.mktemp("replying")
    write(folder)
    done = command("train", *USUAL, "--trainer.devices=1", cwd=folder)
    assert done.code == 0, done.err
    (folder / "screen.txt").write_text(done.out + done.err, "utf-8")
    return folder


def test_a_run_is_measured_beside_simpler_answers_and_the_untuned_model(replying: Path) -> None:
    metrics = json.loads((replying / "logs/latest/metrics.json").read_text("utf-8"))
    screen = (replying / "screen.txt").read_text("utf-8")
    assert {"baseline/exact_match", "majority/exact_match", "untuned/ended"} <= metrics.keys()
    assert metrics["test/perplexity"] < metrics["untuned/perplexity"]
    assert {"val/chrf", "test/bleu", "untuned/ter", "baseline/chrf"} <= metrics.keys()
    assert "|tok:13a|" in metrics["test/bleu_signature"]
    assert metrics["baseline/chrf"] > 0
    for part in (
        "perplexity",
        "exact match",
        "chrF",
        "ended",
        "nearest prompt",
        "majority",
        "untuned",
    ):
        assert part in screen
    assert "left out" not in screen
    with (replying / "logs/latest/predictions.csv").open(encoding="utf-8") as file:
        lines = [*csv.DictReader(file)]
    assert len(lines) == 6
    assert [bool(row["ids"]) for row in lines] == [True] * 4 + [False] * 2
    assert [row["ended"] in ("True", "False") for row in lines] == [True] * 4 + [False] * 2


def test_the_board_shows_answers_over_epochs(replying: Path) -> None:
    folder = str(run_behind(replying / "logs/latest") / "tensorboard")
    board = EventAccumulator(folder, {"tensors": 0}).Reload()
    first, second = board.Tensors("val/answers/text_summary")
    shown = tensor_util.make_ndarray(second.tensor_proto).item().decode("utf-8")
    assert first.step < second.step
    assert f"said at step {second.step} | said at step {first.step}" in shown
    assert len(shown.splitlines()) == 2 + 4
    assert "####" in shown


def test_the_same_is_said_by_all_who_ask(replying: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(replying)
    monkeypatch.setattr(sys, "argv", ["train.py"])
    prompts = [prompt for prompt, _ in sums(7, 70)]
    texts = [f"--text={prompt}" for prompt in prompts]
    given = ["--ckpt_path=logs/latest", "--out=out.jsonl", "--hardware.accelerator=cpu"]
    assert main(["predict", *given, *texts]) == 0
    found = [json.loads(line) for line in Path("out.jsonl").read_text("utf-8").splitlines()]
    model = weitiao.load("logs/latest", device="cpu")
    said = model.predict(prompts)
    assert said.labels == [row["label"] for row in found]
    assert said.columns["ids"] == [row["ids"] for row in found]
    assert model.predict(prompts[3:4]).labels == said.labels[3:4]
    run = replying / "logs/latest/checkpoints/best.ckpt"
    app = make_app(Models({"default": run}, lambda _: Talker(model), print), Limits())
    with TestClient(app, base_url="http://127.0.0.1") as client:
        answered = client.post("/predict", json={"texts": prompts[:2]})
    assert answered.status_code == 200
    assert [row["label"] for row in answered.json()] == said.labels[:2]


def test_a_model_is_gone_on_with_in_another_way_of_computing(
    replying: Path, command: Command
) -> None:
    more = ("--model.start=logs/latest", "--model.backbone.packed=true", "--run.root=more")
    small = ("--trainer.max_steps=1", "--trainer.accelerator=cpu", "--trainer.devices=1")
    given = ("--data.train=my.jsonl", "--task=chat", "--recipe=none", *more, *small)
    done = command("fit", *given, cwd=replying)
    assert done.code == 0, done.err
    assert "start: logs/latest" in done.err


@pytest.mark.slow
def test_two_processes_learn_what_one_does(tmp_path: Path, command: Command) -> None:
    write(tmp_path)
    given = (*USUAL, "--model.optim.optimizer=sgd", "--model.optim.lr=0.1")
    given += ("--trainer.log_every_n_steps=1", "--trainer.accumulate_grad_batches=2")
    ways = {
        "one": ("--trainer.devices=1", "--data.batch.size=8"),
        "two": ("--trainer.devices=2", "--trainer.strategy=ddp", "--data.batch.size=4"),
    }
    found = []
    for name, more in ways.items():
        done = command("train", *given, f"--run.folder={name}", *more, cwd=tmp_path)
        assert done.code == 0, done.err
        with (tmp_path / name / "metrics.csv").open(newline="") as file:
            rows = [*csv.DictReader(file)]
        values = {(row["step"], row["metric"]): float(row["value"]) for row in rows}
        found.append({k: x for k, x in values.items() if k[1][:3] in ("tra", "val", "tes")})
    assert found[0].keys() == found[1].keys()
    names = ("train/loss_epoch", "val/loss", "val/perplexity", "val/exact_match", "test/ended")
    keys = [key for key in found[0] if key[1] in names]
    assert len(keys) > 8
    for key in keys:
        assert found[1][key] == pytest.approx(found[0][key], rel=1e-4, abs=1e-6), key
