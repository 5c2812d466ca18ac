"""With 16-bit weights or arithmetic, what a run says of its rows keeps 32 bits."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest
import torch
from cards import target_card
from conftest import TINY, Command, reviews, write_csv

from weitiao.card import DataCard, TokenInput
from weitiao.objectives.labels.classification import ClassLoss
from weitiao.objectives.labels.multilabel import LabelLoss
from weitiao.objectives.labels.thresholding import Decision
from weitiao.objectives.mean import Mean

BEST = "logs/latest/checkpoints/best.ckpt"


def read(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("precision", ["bf16-mixed", "16-true"])
def test_values_are_not_rounded(precision: str, command: Command, tmp_path: Path) -> None:
    texts = [text for text, _ in reviews(240, seed=6)]
    years = [100_000 + 1900 + 7 * i % 120 + i / 8 for i in range(240)]  # too large for fp16
    write_csv(tmp_path / "my.csv", [(t, str(y)) for t, y in zip(texts, years, strict=True)])
    options = (*TINY, "--task=regression", "--trainer.max_epochs=1")
    half = f"--trainer.precision={precision}"
    done = command("train", "--data.train=my.csv", *options, half, cwd=tmp_path)
    assert done.code == 0, done.err
    use = (f"--ckpt_path={BEST}", "--hardware.accelerator=cpu", f"--hardware.precision={precision}")
    done = command("predict", *use, "--data.predict=my.csv", "--out=said.csv", cwd=tmp_path)
    assert done.code == 0, done.err
    run = tmp_path / "logs" / "latest"
    rows, metrics = read(run / "predictions.csv"), json.loads((run / "metrics.json").read_text())
    true, found = (np.array([float(row[name]) for row in rows]) for name in ("true", "label"))
    assert metrics["test/mse"] == pytest.approx(np.square(true - found).mean(), rel=1e-2)
    assert metrics["test/loss"] == pytest.approx(metrics["test/mse"], rel=1e-3)
    said = np.array([float(row["label"]) for row in read(tmp_path / "said.csv")])
    assert np.isfinite(said).all()
    assert (said % 8 != 0).any()


def test_buffers_outlive_a_cast() -> None:
    card = DataCard(
        TokenInput(9, 0, 9), target_card("multilabel", ["a", "b"], [3, 7]), rows={"train": 10}
    )
    decide, loss = Decision().build(2), LabelLoss(class_weights="balanced").build(card.target, 10)
    decide.threshold.fill_(0.4567)
    logits, target = torch.tensor([[0.3, -0.2]]), torch.tensor([[1, 0]])
    before = [decide(torch.tensor([[0.4567, 0.4566]])).tolist(), float(loss(logits, target))]
    decide, loss = (part.to(torch.bfloat16).to(torch.float16) for part in (decide, loss))
    assert decide.threshold.dtype == loss.weight.dtype == torch.float32
    after = [decide(torch.tensor([[0.4567, 0.4566]])).tolist(), float(loss(logits, target))]
    assert before == after == [[[True, False]], before[1]]
    classes = DataCard(TokenInput(9, 0, 9), target_card("classification", ["a", "b"], [3, 7]))
    of_classes = ClassLoss(class_weights="balanced").build(classes.target)
    assert of_classes.to(torch.bfloat16).weight.dtype == torch.float32
    assert of_classes.to(torch.float64).weight.dtype == torch.float64


def test_a_mean_of_many_rows_is_right_in_16_bits() -> None:
    mean = torch.nn.ModuleList([Mean()]).to(torch.bfloat16)[0]
    for value in [0.0] * 300 + [1.0] * 300:  # bfloat16 stops counting at 256
        mean.update(torch.tensor(value))
    assert float(mean.compute()) == 0.5
