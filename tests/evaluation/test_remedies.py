"""A run that could do better says so, with what is likeliest to help."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from conftest import TINY, Command, reviews, write_csv

from weitiao.evaluation.remedies import below_baseline, remedies
from weitiao.training.best_scores import BestScores


def test_a_run_that_stops_too_early_says_so(command: Command, tmp_path: Path) -> None:
    rows = [(text, f"{label}{len(text) % 3}") for text, label in reviews(300, noise=0)]
    write_csv(tmp_path / "my.csv", rows)
    early = ("--trainer.max_epochs=2", "--model.optim.lr=3e-4", "--run.monitor=val/loss")
    done = command("train", "--data.train=my.csv", *TINY, *early, cwd=tmp_path)
    assert done.code == 0, done.err
    metrics = json.loads((tmp_path / "logs/latest/metrics.json").read_text("utf-8"))
    assert metrics["test/f1_macro"] < metrics["baseline/f1_macro"]
    assert "! val/loss was still improving in the last epoch" in done.err
    assert "→ train longer: --trainer.max_epochs 4" in done.err
    _, _, below = done.out.partition("! below the linear baseline: macro F1 ")
    told = [line.strip() for line in below.splitlines() if line.strip().startswith("→")]
    assert [line.split(":")[0] for line in told] == [
        "→ train longer",
        "→ start from a pretrained encoder",
    ]
    assert told[1].endswith(": make encoder, then --recipe pretrained")


def test_a_run_on_part_of_train_is_told_the_option() -> None:
    trainer = SimpleNamespace(limit_train_batches=0.5, num_training_batches=1234)
    module = SimpleNamespace(backbone=None, objective=SimpleNamespace(classes=("a", "b")))
    data = SimpleNamespace(card=SimpleNamespace(rows={"train": 9}))
    # a run has more than is asked for here
    first = next(remedies(SimpleNamespace(data=data, module=module, trainer=trainer)))  # type: ignore[arg-type]
    whole = "not 1,234 batches an epoch: {--trainer.limit_train_batches} 1.0"
    assert first == f"read all of train, {whole}"


@pytest.mark.parametrize(
    ("values", "mode", "improving"),
    [
        ([0.1, 0.2, 0.3], "max", True),
        ([0.1, 0.3, 0.3], "max", False),
        ([0.3, 0.2, 0.1], "min", True),
        ([0.1], "max", False),  # nothing to compare it with
        ([float("nan"), 0.2], "max", False),
        ([0.2, float("nan")], "max", False),
    ],
)
def test_improving_is_better_than_all_before(
    values: list[float], mode: str, improving: bool
) -> None:
    best = BestScores("val/x", mode)
    for epoch, value in enumerate(values):
        found = {"val/x": torch.tensor(value)}
        trainer = SimpleNamespace(
            sanity_checking=False, callback_metrics=found, current_epoch=epoch
        )
        best.on_validation_end(trainer, None)  # type: ignore[arg-type]
    assert best.improving == improving


def test_a_baseline_that_is_as_good_as_far_as_is_shown_is_no_better() -> None:
    objective = SimpleNamespace(first="f1", shown=[("f1", "F1")], baseline="linear")
    run = SimpleNamespace(module=SimpleNamespace(objective=objective))
    alike = {"test/f1": 0.85, "baseline/f1": 0.85 + 1e-9}
    assert below_baseline(run, alike) is None  # type: ignore[arg-type]  # more isn't asked for
