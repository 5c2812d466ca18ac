"""A callback that notes, epoch by epoch, what its process holds."""

from __future__ import annotations

import csv
import gc
import os
import threading
from pathlib import Path

import lightning.pytorch as L
from lightning.pytorch.callbacks import Callback

FIELDS = ("epoch", "kib", "files", "threads")


class SoakWatch(Callback):
    """Appends to a CSV: memory that is resident, files that are open, threads that live.

    Args:
        path: the file.
    """

    def __init__(self, path: str) -> None:
        self.path = Path(path)
        self.path.write_text(",".join(FIELDS) + "\n", "utf-8")

    def on_train_epoch_start(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        gc.collect()  # what waits for its turn is no leak
        pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
        kib = pages * os.sysconf("SC_PAGE_SIZE") // 1024
        files = len(os.listdir("/proc/self/fd"))
        row = (trainer.current_epoch, kib, files, threading.active_count())
        with self.path.open("a", newline="", encoding="utf-8") as file:
            csv.writer(file).writerow(row)
