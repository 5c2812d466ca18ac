"""A CSV of every logged value that survives a resume (Lightning's own starts afresh)."""

import csv
import io
from pathlib import Path
from typing import Any

from lightning.pytorch.loggers import Logger
from lightning.pytorch.utilities import rank_zero_only

from weitiao.io.atomic import naming
from weitiao.io.csv_file import write_csv, write_rows

FIELDS = ("step", "epoch", "metric", "value")


class CSVLog(Logger):
    """Rows ``step, epoch, metric, value`` in one append-only file, digits exact."""

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
        with naming(self.path), self.path.open("a", newline="", encoding="utf-8") as file:
            rows = ((step, epoch, name, repr(v)) for name, v in sorted(values.items()))
            write_rows(file, [*([FIELDS] if fresh else []), *rows])

    @rank_zero_only
    def forget_after(self, step: int) -> None:
        """Drop rows of steps that a resume from ``step`` optimiser steps will take again."""
        if not self.path.exists():
            return
        lines = self.path.read_bytes()
        whole = lines[: lines.rfind(b"\n") + 1]  # a crash may have left half a row at the end
        rows = [
            [row[field] for field in FIELDS]
            for row in csv.DictReader(io.StringIO(whole.decode("utf-8"), newline=""))
            if row["value"] is not None and int(row["step"]) < step
        ]
        write_csv(self.path, [FIELDS, *rows])
