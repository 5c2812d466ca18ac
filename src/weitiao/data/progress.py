"""The progress of a long preparation: its current stage, and how long each one took."""

from __future__ import annotations

import time

from rich.console import Console
from rich.text import Text


class StageProgress:
    """Shows a spinner with the stage at work; leaves a line with the time of each one done."""

    def __init__(self) -> None:
        self.console = Console(stderr=True, highlight=False, markup=False)
        self.status = self.console.status("preparing data")
        self.stage: str | None = None
        self.since = time.perf_counter()

    def __enter__(self) -> StageProgress:
        self.status.start()
        return self

    def begin(self, stage: str) -> None:
        """End the stage at work and begin another."""
        self._end()
        self.stage, self.since = stage, time.perf_counter()
        self.status.update(Text(f"preparing data: {stage}"))

    def _end(self) -> None:
        if self.stage is not None:
            self.console.print(f"  {time.perf_counter() - self.since:6.1f} s  {self.stage}")
            self.stage = None

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        self.status.stop()
        if error is None:
            self._end()
