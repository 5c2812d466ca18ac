"""What a checkpoint asks to run that is not of this package."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from weitiao.config.serialization import import_path
from weitiao.inputs import Input
from weitiao.models.backbones.base import Backbone
from weitiao.objectives.base import Objective
from weitiao.targets import Target


def foreign_code(checkpoint: Mapping[str, Any]) -> str | None:
    """What a checkpoint wants to run that is not of this package; null = nothing.

    What it names by an import path is called, be it ``os.system``.
    """
    model, data = checkpoint["hyper_parameters"], checkpoint["datamodule_hyper_parameters"]
    chosen = [("backbone", model, Backbone), ("objective", model, Objective)]
    chosen += [("input", data, Input), ("target", data, Target)]
    for part, options, kind in chosen:
        given = options.get(part)
        given = given if isinstance(given, dict) else {"class_path": given}
        if (name := given.get("class_path")) not in list(_names(kind)):
            return f"{name!r}, which is no {part} of weitiao"
        arguments = given.get("init_args")
        if isinstance(arguments, dict) and arguments.get("trust_remote_code"):
            return f"Python code that came with its {part}"
    return None


def _names(kind: type[Any]) -> Iterator[str]:
    """The import paths of a class and of all that are derived from it in this package."""
    if kind.__module__.startswith("weitiao."):
        yield import_path(kind)
    for derived in kind.__subclasses__():
        yield from _names(derived)
