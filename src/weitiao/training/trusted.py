"""What a checkpoint asks to run that is not of this package."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from weitiao.models.backbones.base import Backbone


def foreign_code(hyper_parameters: Mapping[str, Any]) -> str | None:
    """What a checkpoint wants to run that is not of this package; null = nothing.

    The class of the backbone is all that it names by its import path, and what is named so is
    called, be it ``os.system``.
    """
    backbone = hyper_parameters.get("backbone")
    given = backbone if isinstance(backbone, dict) else {"class_path": backbone}
    if (name := given.get("class_path")) not in list(_names(Backbone)):
        return f"{name!r}, which is no backbone of weitiao"
    arguments = given.get("init_args")
    if isinstance(arguments, dict) and arguments.get("trust_remote_code"):
        return "Python code that came with its backbone"
    return None


def _names(kind: type[Any]) -> Iterator[str]:
    """The import paths of a class and of all that are derived from it in this package."""
    if kind.__module__.startswith("weitiao."):
        yield f"{kind.__module__}.{kind.__qualname__}"
    for derived in kind.__subclasses__():
        yield from _names(derived)
