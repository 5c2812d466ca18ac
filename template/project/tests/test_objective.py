import csv
import math
from pathlib import Path

import pytest
import torch
from myproject.objective import WithPenalty
from torch import nn

import weitiao

CONFIG = Path(__file__).parents[1] / "configs" / "cautious.yaml"


def test_a_sure_prediction_costs_more() -> None:
    loss = WithPenalty(nn.CrossEntropyLoss(), 0.5)
    unsure, target = torch.zeros(1, 2), torch.tensor([0])
    assert loss(unsure, target).item() == pytest.approx(0.5 * math.log(2))
    assert loss(torch.tensor([[100.0, 0.0]]), target).item() == pytest.approx(0, abs=1e-6)


def test_it_learns_and_predicts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    rows = [(f"{number} {word}", word) for number in range(60) for word in ("good", "bad")]
    with open("my.csv", "w", newline="") as file:
        csv.writer(file).writerows([("text", "label"), *rows])
    options = {"config": CONFIG, "allow_code": "myproject", "data.train": "my.csv"}
    run = weitiao.fit(
        options | {"trainer.max_epochs": 3, "trainer.accelerator": "cpu", "model.optim.lr": 0.01},
        quiet=True,
    )
    model = weitiao.load(run, device="cpu", allow_code="myproject")
    assert model.predict(["99 good", "98 bad"]).labels == ["good", "bad"]
