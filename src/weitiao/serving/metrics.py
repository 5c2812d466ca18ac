"""Metrics for Prometheus."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    generate_latest,
)

SECONDS = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30)
ROWS = (1, 2, 4, 8, 16, 32, 64)


class Metrics:
    """Counts of requests, texts and batches, and the process's own memory and time.

    Args:
        waiting: tells how many texts wait.
    """

    def __init__(self, waiting: Callable[[], float]) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        here: Any = {"registry": self.registry}
        self._answers = Counter("weitiao_answers", "Answers by status.", ["status"], **here)
        self._texts = Counter("weitiao_texts", "Texts that were labelled.", ["model"], **here)
        told = "From a request's last byte to its answer."
        self._seconds = Histogram("weitiao_answer_seconds", told, buckets=SECONDS, **here)
        self._batches = Histogram("weitiao_batch_texts", "Of a batch.", buckets=ROWS, **here)
        waits = Gauge("weitiao_waiting_texts", "Texts that wait for a model.", **here)
        waits.set_function(waiting)

    def answered(self, status: int) -> None:
        """Count an answer."""
        self._answers.labels(str(status)).inc()

    def labelled(self, model: str, texts: int, seconds: float) -> None:
        """Count the texts of a request and how long they took."""
        self._texts.labels(model).inc(texts)
        self._seconds.observe(seconds)

    def computed(self, rows: int) -> None:
        """Count a batch."""
        self._batches.observe(rows)

    def text(self) -> bytes:
        """All of it, in Prometheus's text format."""
        return generate_latest(self.registry)
