"""Answers that stand in a text, from a file to predictions of them."""

from __future__ import annotations

import csv
import json
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from conftest import Command, write_csv
from question_rows import rows, write

import weitiao
from weitiao.cli.main import main

SMALL = (
    "--task=answers",
    "--recipe=answers",
    "--model.backbone.init_args.width=32",
    "--model.backbone.init_args.layers=1",
    "--model.optim.lr=0.02",
    "--data.batch.size=8",
    "--trainer.accelerator=cpu",
    "--trainer.devices=1",
)


def metrics_of(folder: Path) -> dict[str, Any]:
    return json.loads((folder / "logs/latest/metrics.json").read_text("utf-8"))


def trained(folder: Path, command: Command, *, none: bool) -> Path:
    """The folder, with a run that has learned `rows`."""
    write(folder / "my.csv", rows(480 if none else 240, none=none))
    done = command("train", "--data.train=my.csv", *SMALL, "--trainer.max_epochs=8", cwd=folder)
    assert done.code == 0, done.err
    (folder / "screen.txt").write_text(done.out + done.err, "utf-8")
    return folder


@pytest.fixture(scope="module")
def answering(tmp_path_factory: pytest.TempPathFactory, command: Command) -> Path:
    return trained(tmp_path_factory.mktemp("answering"), command, none=False)


@pytest.fixture(scope="module")
def doubting(tmp_path_factory: pytest.TempPathFactory, command: Command) -> Path:
    return trained(tmp_path_factory.mktemp("doubting"), command, none=True)


def test_answers_are_learned_and_told_beside_a_simpler_model(answering: Path) -> None:
    metrics, screen = metrics_of(answering), (answering / "screen.txt").read_text("utf-8")
    assert metrics["test/f1"] > 0.9
    assert metrics["test/f1"] > metrics["baseline/f1"] > 0
    assert "no_answer" not in "".join(metrics)
    for part in ("F1", "exact match", "one answer"):
        assert part in screen


@pytest.mark.slow
def test_questions_without_an_answer_are_learned_and_a_threshold_is_chosen(doubting: Path) -> None:
    metrics, screen = metrics_of(doubting), (doubting / "screen.txt").read_text("utf-8")
    assert metrics["test/no_answer"] > 0.8
    assert metrics["test/f1_answerable"] > 0.8
    assert "right that there is none" in screen


def predicted(folder: Path, monkeypatch: pytest.MonkeyPatch, *options: str) -> list[dict[str, Any]]:
    """What the run of a folder says in JSON Lines."""
    monkeypatch.chdir(folder)
    monkeypatch.setattr(sys, "argv", ["train.py"])
    given = ["--ckpt_path=logs/latest/checkpoints/best.ckpt", "--out=out.jsonl", *options]
    assert main(["predict", *given, "--hardware.accelerator=cpu"]) == 0
    return [json.loads(line) for line in Path("out.jsonl").read_text("utf-8").splitlines()]


def test_predictions_have_the_places_of_the_text_as_it_was_read(
    answering: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = ["<b>今天</b>　在Ｎｅｗ Ｙｏｒｋ。 又说起 人王伟，", "<b></b>"]
    questions = ["where？", "谁？"]
    new = [*zip(texts, questions, strict=True)]
    write_csv(answering / "new.csv", new, header=("context", "question"))
    found = predicted(answering, monkeypatch, "--data.predict=new.csv")
    assert [row["text"] for row in found] == texts
    (answer,) = found[0]["label"]
    assert texts[0][answer["start"] : answer["end"]] == answer["text"] == "Ｎｅｗ Ｙｏｒｋ"
    assert found[0]["words"] == answer["text"]
    assert found[0]["best"][0] == answer | {"probability": found[0]["probability"]}
    assert 0 < found[0]["probability"] <= 1
    assert len(found[0]["best"]) == 5
    assert found[1]["label"] == []  # nothing is left of its text
    said = weitiao.load(answering / "logs/latest").predict(new)
    assert said.labels == [row["label"] for row in found]
    assert said.columns["words"] == [row["words"] for row in found]
    assert said[:1].columns["best"][0][0]["text"] == found[0]["words"]


def test_test_predictions_are_scored_as_they_stand_in_the_file(answering: Path) -> None:
    with (answering / "logs/latest/predictions.csv").open(encoding="utf-8") as file:
        lines = [*csv.DictReader(file)]
    right = [json.loads(row["label"]) == json.loads(row["true"]) for row in lines]
    assert metrics_of(answering)["test/exact_match"] == pytest.approx(sum(right) / len(right))
    assert json.loads(lines[0]["best"])[0]["text"] == lines[0]["words"]


@pytest.mark.slow
def test_a_question_without_an_answer_is_told_so(
    doubting: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    new = [("今天 人王伟，大家 又说起", "where？"), ("今天 人王伟，大家", "谁？")]
    write_csv(doubting / "new.csv", new, header=("context", "question"))
    found = predicted(doubting, monkeypatch, "--data.predict=new.csv")
    assert [row["words"] for row in found] == ["", "王伟"]
    assert found[0]["probability_none"] > found[1]["probability_none"]


def test_batches_of_rows_that_teach_nothing(tmp_path: Path, command: Command) -> None:
    lost = [row if i % 9 else (*row[:3], [[-1, -1, "不在"]]) for i, row in enumerate(rows(60))]
    write(tmp_path / "my.csv", lost)
    few = ("--data.batch.size=1", "--trainer.accumulate_grad_batches=2", "--trainer.max_epochs=2")
    done = command("fit", "--data.train=my.csv", *SMALL, *few, cwd=tmp_path)
    assert done.code == 0, done.err
    assert 0 < metrics_of(tmp_path)["val/loss"] < 10


def test_long_texts_are_read_in_windows(answering: Path) -> None:
    around = "大家 又说起 the weather。" * 60
    said = weitiao.load(answering / "logs/latest").predict([(f"{around}在Berlin。", "where？")])
    assert said.labels[0][0]["text"] == "Berlin"


def test_a_run_that_starts_from_another_goes_on_with_all_of_it(
    answering: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(answering)
    monkeypatch.setattr(sys, "argv", ["train.py"])
    write(Path("more.csv"), rows(120, seed=9))
    given = ("--model.start=logs/latest", "--task=answers", "--model.optim.lr=0")
    given += ("--data.train=more.csv", "--run.folder=more", "--trainer.max_epochs=1")
    assert main(["fit", *given, "--trainer.accelerator=cpu", "--data.split.test=0"]) == 0
    assert "its backbone and its objective" in " ".join(capsys.readouterr().err.split())
    before, after = (
        torch.load(f"{run}/checkpoints/best.ckpt", weights_only=True)["state_dict"]
        for run in ("logs/latest", "more")
    )
    name = "objective.beside.weight"  # which is 0 where it is new
    assert torch.equal(before[name], after[name])


@pytest.mark.slow
@pytest.mark.parametrize("backbone", ["Transformer", "TextCNN", "Bag", "Recurrent"])
def test_every_backbone_learns_a_few_rows_by_heart(
    backbone: str, tmp_path: Path, command: Command
) -> None:
    write(tmp_path / "few.csv", rows(32, seed=1, none=True))
    files = ["--data.train=few.csv", "--data.val=few.csv", "--data.audit.drop_leaks=false"]
    how = ["--model.optim.lr=0.004", "--trainer.max_epochs=80", "--data.batch.size=8"]
    how += ["--trainer.check_val_every_n_epoch=20"]
    how += ["--model.backbone.buckets=2000"] if backbone == "Bag" else []  # 65,536 take a minute
    done = command(
        "fit", *files, "--task=answers", "--recipe=none", f"--model.backbone={backbone}", *how,
        "--data.split.test=0", "--trainer.accelerator=cpu", cwd=tmp_path,
    )  # fmt: skip
    assert done.code == 0, done.err
    assert metrics_of(tmp_path)["val/f1"] == 1
