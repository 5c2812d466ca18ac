"""One training in a process of its own: what the benchmarks of scores share."""

from __future__ import annotations

import json
import os
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
        cpu_seconds: of all cores together, which a busy machine changes less.
        megabytes: most memory that it held.
    """

    folder: Path
    metrics: dict[str, Any]
    seconds: float
    cpu_seconds: float
    megabytes: float


def train(arguments: Sequence[str], root: Path) -> Training:
    """Run ``src/train.py train`` with these arguments and its run folder in ``root``.

    Raises:
        subprocess.CalledProcessError: the command failed.
    """
    command = [sys.executable, "src/train.py", "train", *arguments, "--run.root", str(root)]
    since = time.perf_counter()
    _, status, used = os.wait4(subprocess.Popen(command).pid, 0)
    if status:
        raise subprocess.CalledProcessError(os.waitstatus_to_exitcode(status), command)
    folder = root / "latest"
    metrics = json.loads((folder / "metrics.json").read_text("utf-8"))
    busy, most = used.ru_utime + used.ru_stime, used.ru_maxrss / 1024
    return Training(folder, metrics, time.perf_counter() - since, busy, most)
