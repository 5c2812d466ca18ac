"""One training in a process of its own: what the benchmarks of scores share."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Training:
    """What a training left behind.

    Args:
        folder: of the run.
        metrics: flat values of ``metrics.json``.
        seconds: of the whole command, from its start to its end.
    """

    folder: Path
    metrics: dict[str, Any]
    seconds: float


def train(arguments: Sequence[str], root: Path) -> Training:
    """Run ``src/train.py train`` with these arguments and its run folder in ``root``.

    Raises:
        subprocess.CalledProcessError: the command failed.
    """
    command = [sys.executable, "src/train.py", "train", *arguments, "--run.root", str(root)]
    since = time.perf_counter()
    subprocess.run(command, check=True)
    seconds = time.perf_counter() - since
    folder = root / "latest"
    return Training(folder, json.loads((folder / "metrics.json").read_text("utf-8")), seconds)
