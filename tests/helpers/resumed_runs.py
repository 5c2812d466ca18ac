"""A run of all that a resume could break, and what it logs."""

from __future__ import annotations

import csv
from pathlib import Path

EPOCHS, STEPS = 3, 30
# what could break a resume: dropout, weight averaging, accumulation, two groups of parameters, what
# is fitted on validation once training has ended
OPTIONS = [
    *("--run.threads", "1", "--run.save_every", "1", "--data.train", "my.csv"),
    # a run that is killed before it has saved measures anew, on a busy machine otherwise
    *("--run.matmul", "blas"),
    *("--data.text", "review", "--data.target.label", "stars", "--data.batch.size", "8"),
    *("--model.backbone.layers", "1", "--model.backbone.width", "8"),
    *("--data.input.linear.strength", "1", "--model.objective.calibrate", "true"),
    *(
        "--model.objective.wide.buckets",
        "128",
        "--trainer.accelerator",
        "cpu",
        "--trainer.devices",
        "1",
    ),
    *("--trainer.max_epochs", str(EPOCHS), "--trainer.log_every_n_steps", "1"),
    *("--trainer.accumulate_grad_batches", "2", "--trainer.enable_progress_bar", "false"),
    *("--trainer.callbacks+=EMAWeightAveraging", "--trainer.callbacks.decay=0.9"),
]
WITHOUT_KILL = (
    "--allow_code=kill_at,kill_unlogged",
    "--trainer.callbacks=[{class_path: EMAWeightAveraging, init_args: {decay: 0.9}}]",
)
"""For a resume: the callbacks of ``OPTIONS``, and none that kills."""


def by_test(callback: str) -> tuple[str, str]:
    """Options that add a callback of ``tests/helpers``, which isn't code of weitiao."""
    return f"--allow_code={callback.partition('.')[0]}", f"--trainer.callbacks+={callback}"


def rows(run: Path) -> list[tuple[str, ...]]:
    """All logged values but those of the clock."""
    with (run / "metrics.csv").open(encoding="utf-8") as file:
        return [
            (row["step"], row["epoch"], row["metric"], row["value"])
            for row in csv.DictReader(file)
            if not row["metric"].startswith("speed/")
        ]
