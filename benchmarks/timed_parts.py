"""Run a script as it stands, and say what parts of its trainings took, in processor seconds.

    python benchmarks/timed_parts.py OUT.json SCRIPT [OPTIONS]

It is run by the code of any revision that trains with Lightning: what it measures hangs on the
Trainer's own hooks. OUT.json gets the seconds of this process until a first training begins
(imports and preparation), of its steps, and of its passes over validation and test.
"""

from __future__ import annotations

import atexit
import json
import runpy
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import lightning.pytorch as L


class Parts(L.Callback):
    """Adds up the seconds of each part."""

    def __init__(self, seconds: dict[str, float]) -> None:
        self.seconds, self.begun = seconds, 0.0

    def begin(self, *_: Any) -> None:
        """A step or a pass begins."""
        self.begun = time.process_time()

    def add(self, part: str) -> None:
        """Add what was used since the last beginning."""
        self.seconds[part] = self.seconds.get(part, 0.0) + time.process_time() - self.begun

    def stepped(self, *_: Any) -> None:
        """A step has been taken."""
        self.add("steps")

    def evaluated(self, *_: Any) -> None:
        """A pass has been made."""
        self.add("evaluation")

    on_train_batch_start = on_validation_start = on_test_start = begin
    on_train_batch_end = stepped
    on_validation_end = on_test_end = evaluated


def clocked(method: Callable[..., Any], parts: Parts) -> Callable[..., Any]:
    """A method of a Trainer that lets it carry the clock."""

    def run(trainer: L.Trainer, *args: Any, **kwargs: Any) -> Any:
        if parts not in trainer.callbacks:
            trainer.callbacks.append(parts)
        parts.seconds.setdefault("before", time.process_time())
        return method(trainer, *args, **kwargs)

    return run


def main() -> None:
    """Run the script in this process, under the clock."""
    out, *sys.argv = sys.argv[1:]
    seconds: dict[str, float] = {}
    parts = Parts(seconds)
    for name in ("fit", "test"):
        setattr(L.Trainer, name, clocked(getattr(L.Trainer, name), parts))
    atexit.register(lambda: Path(out).write_text(json.dumps(seconds), "utf-8"))
    sys.path[0] = str(Path(sys.argv[0]).parent)
    runpy.run_path(sys.argv[0], run_name="__main__")


if __name__ == "__main__":
    main()
