"""The parser behind every verb: jsonargparse, with errors that fit one screen."""

from __future__ import annotations

import sys
from typing import Any, NoReturn

from jsonargparse import Namespace
from lightning.pytorch.cli import LightningArgumentParser


class Parser(LightningArgumentParser):
    """A parser whose errors name the fault and the way out, not all options there are."""

    def error(self, message: str, ex: Exception | None = None) -> NoReturn:
        """Print one short message and exit with 2."""
        lines = [line for line in message.splitlines() if line.strip()]
        shown = "\n  ".join(lines[:8])
        print(f"error: {shown}\n  → {self.prog} --help lists the options", file=sys.stderr)
        raise SystemExit(2)


def flat(values: Any, prefix: str = "") -> dict[str, Any]:
    """Nested values under dotted keys; lists and what has no name stay as they are."""
    if isinstance(values, Namespace):
        values = values.as_dict()
    if not isinstance(values, dict):
        return {prefix: values}
    return {
        key: value
        for name, item in values.items()
        for key, value in flat(item, f"{prefix}.{name}" if prefix else str(name)).items()
    }
