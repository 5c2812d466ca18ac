"""What goes into `best.ckpt`: what use needs, fitted to the weights that lie there."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import lightning.pytorch as L
import pytest
import torch
from conftest import TINY, Command, reviews, write_csv
from test_tasks import of_text

from weitiao.data.datamodule import DataModule
from weitiao.models.module import Module

BEST = "logs/latest/checkpoints/best.ckpt"
AVERAGED = (
    "--trainer.callbacks=lightning.pytorch.callbacks.EMAWeightAveraging",
    "--trainer.callbacks.decay=0.9",
)


def test_thresholds_are_those_of_averaged_weights(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    rows = [(text, of_text(text)["multilabel"]) for text, _ in reviews(300, seed=3)]
    write_csv(tmp_path / "my.csv", rows)
    options = (*TINY, *AVERAGED, "--task=multilabel", "--trainer.max_epochs=4")
    done = command("train", "--data.train=my.csv", *options, cwd=tmp_path)
    assert done.code == 0, done.err
    assert "Warning" not in done.err
    metrics = json.loads(Path("logs/latest/metrics.json").read_text("utf-8"))
    module = Module.load_from_checkpoint(BEST, weights_only=True)
    data = DataModule.load_from_checkpoint(BEST, weights_only=True)
    kept = module.objective.thresholds.threshold.clone()
    quiet: dict[str, Any] = {"logger": False, "enable_progress_bar": False, "accelerator": "cpu"}
    trainer = L.Trainer(**quiet)
    validated = trainer.validate(module, data, verbose=False)[0]  # chooses thresholds again
    torch.testing.assert_close(module.objective.thresholds.threshold, kept)
    tested = trainer.test(module, data, verbose=False)[0]
    for name in ("val/f1_macro", "val/loss", "test/f1_macro", "test/loss"):
        assert metrics[name] == pytest.approx((validated | tested)[name], abs=1e-6), name


def test_the_best_checkpoint_holds_no_optimiser_and_the_last_does(
    command: Command, workplace: Path
) -> None:
    best, last = (
        torch.load(workplace / BEST.replace("best", name), weights_only=True)
        for name in ("best", "last")
    )
    assert set(last) - set(best) == {"optimizer_states", "lr_schedulers", "loops", "callbacks"}
    done = command("fit", f"--ckpt_path={BEST}", "--trainer.max_epochs=4", cwd=workplace)
    assert done.code == 1
    assert "best.ckpt is for use: it holds no state of the optimiser" in done.err
    assert "last.ckpt" in done.err
    assert "Traceback" not in done.err


@pytest.mark.slow  # the profiler itself takes seconds
def test_a_profile_takes_no_result_away(command: Command, tmp_path: Path) -> None:
    """Torch's would end the test in a traceback: findings/profiler_after_a_short_stage.sh."""
    write_csv(tmp_path / "my.csv", reviews(200))
    short = [f"--trainer.limit_{split}_batches=2" for split in ("train", "val", "test")]
    options = (*TINY, *short, "--model.objective.calibrate=true", "--trainer.profiler=pytorch")
    done = command("train", "--data.train=my.csv", *options, cwd=tmp_path)
    assert done.code == 0, done.err
    assert "macro F1" in done.out
    assert "Traceback" not in done.err
    run = tmp_path / "logs/latest"
    assert "test/f1_macro" in json.loads((run / "metrics.json").read_text("utf-8"))
    assert (run / "predictions.csv").is_file()
