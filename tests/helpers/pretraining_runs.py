"""A small pretraining run, and what it logs."""

from __future__ import annotations

import csv
from pathlib import Path

from conftest import Command, Outcome

SMALL = (
    *("--data.corpus.files=c.txt", "--data.val=0.2", "--data.max_length=32"),
    *("--data.tokenizer.min_count=1", "--data.batch.size=4", "--data.batch.tokens=null"),
    *("--model.network.layers=1", "--model.network.width=8", "--model.network.heads=2"),
    *("--trainer.accelerator=cpu", "--trainer.enable_progress_bar=false", "--run.threads=1"),
    *("--trainer.log_every_n_steps=1", "--trainer.max_epochs=2", "--run.save_every=1"),
)


def pretrain(command: Command, folder: Path, *more: str) -> Outcome:
    return command(*SMALL, *more, cwd=folder, script="pretrain.py")


def rows(run: Path) -> list[tuple[str, ...]]:
    with (run / "metrics.csv").open(encoding="utf-8") as file:
        found = [tuple(row.values()) for row in csv.DictReader(file)]
    return [row for row in found if not any("speed/" in cell for cell in row)]
