"""Batches as plain lists."""

from __future__ import annotations

from typing import Any


def listed(batch: dict[str, Any]) -> dict[str, list]:
    """What is in a batch, its inputs beside the rest."""
    parts = {name: values for name, values in batch.items() if name != "inputs"}
    return {name: tensor.tolist() for name, tensor in (batch["inputs"] | parts).items()}
