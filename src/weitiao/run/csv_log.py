"""A CSV of every logged value that survives a resume (Lightning's own starts afresh)."""

from __future__ import annotations

import csv
import os
from pathlib import Path
from typing import Any

from lightning.pytorch.loggers import Logger
from lightning.pytorch.utilities import rank_zero_only

FIELDS = ("step", "epoch", "metric", "value")


class CSVLog(Logger):
    """Rows ``step, epoch, metric, value`` in one append-only file, digits exact.

    Args:
        path: the file.
    """

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.path = path

    @property
    def name(self) -> str:
        """Not used: the file is named by ``path``."""
        return ""

    @property
    def version(self) -> str:
        """Not used: the file is named by ``path``."""
        return ""

    @rank_zero_only
    def log_hyperparams(self, params: Any, *args: Any, **kwargs: Any) -> None:
        """Hyper-parameters stand in ``config.yaml``."""

    @rank_zero_only
    def log_metrics(self, metrics: dict[str, float], step: int | None = None) -> None:
        """Append one row per value."""
        values = dict(metrics)
        epoch = int(values.pop("epoch", -1))
        fresh = not self.path.exists()
        with self.path.open("a", newline="", encoding="utf-8") as file:
            writer = csv.writer(file, lineterminator="\n")
            if fresh:
                writer.writerow(FIELDS)
            writer.writerows((step, epoch, name, repr(v)) for name, v in sorted(values.items()))

    @rank_zero_only
    def forget_after(self, step: int) -> None:
        """Drop rows of steps that a resume from ``step`` optimiser steps will take again."""
        if not self.path.exists():
            return
        with self.path.open(newline="", encoding="utf-8") as file:
            rows = [  # a crash may have left half a row at the end
                row
                for row in csv.DictReader(file)
                if row["value"] is not None and int(row["step"]) < step
            ]
        beside = self.path.with_suffix(".part")
        with beside.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, FIELDS, lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)
        os.replace(beside, self.path)
