"""What benchmarks of speed share: a clock, medians of rounds, and what figures depend on."""

from __future__ import annotations

import json
import os
import platform
import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass, fields
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch

ROOT = Path(__file__).parents[1]


@dataclass
class Clock:
    """Counts what is trained on, rows or ids, and the seconds that it takes."""

    count: int = 0
    steps: int = 0
    started: tuple[float, float] = (0.0, 0.0)
    ended: tuple[float, float] = (0.0, 0.0)

    def start(self) -> None:
        """The first batch is about to be loaded."""
        self.started = time.perf_counter(), time.process_time()

    def tick(self, count: int) -> None:
        """A step over so many has ended."""
        self.count, self.steps = self.count + count, self.steps + 1
        self.ended = time.perf_counter(), time.process_time()

    def rates(self) -> tuple[float, float]:
        """How many per second of the wall clock, and per second of processor time."""
        wall, cpu = (self.count / (e - s) for s, e in zip(self.started, self.ended, strict=True))
        return wall, cpu


def summarise(results: Sequence[Any]) -> list[dict[str, Any]]:
    """One row per way: medians over the rounds, and how many times faster the first way is.

    Args:
        results: dataclasses with ``way``, ``per_second``, ``per_cpu_second`` and other numbers.
    """
    names = [field.name for field in fields(results[0]) if field.name != "way"]
    rows = []
    for way in dict.fromkeys(r.way for r in results):
        own = [r for r in results if r.way == way]
        medians = {name: statistics.median(getattr(r, name) for r in own) for name in names}
        rows.append({"way": way} | medians)
    for row in rows:
        row["speedup"] = rows[0]["per_second"] / row["per_second"]
        row["speedup_cpu"] = rows[0]["per_cpu_second"] / row["per_cpu_second"]
    return rows


def environment() -> dict[str, Any]:
    """What the figures depend on."""
    packages = ("torch", "lightning", "transformers", "accelerate")
    return {
        "threads": torch.get_num_threads(),
        "cores": os.cpu_count(),
        "load_average": os.getloadavg()[0],
        "machine": platform.machine(),
        "python": platform.python_version(),
    } | {name: version(name) for name in packages}


def write(name: str, content: dict[str, Any]) -> None:
    """Keep what was measured beside what it depends on."""
    out = ROOT / "benchmarks" / "results" / f"{name}.json"
    out.parent.mkdir(exist_ok=True)
    out.write_text(json.dumps(content, indent=2) + "\n", "utf-8")
    print(f"written: {out.relative_to(ROOT)}")
