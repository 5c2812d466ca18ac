"""What tests of a checkpoint in use share: its place, tables that it writes."""

from __future__ import annotations

import csv
import shutil
from pathlib import Path

BEST = "logs/latest/checkpoints/best.ckpt"


def read_csv(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def forget_training(workplace: Path) -> None:
    (workplace / "my.csv").unlink()
    shutil.rmtree(workplace / ".cache")
