"""Whether a checkpoint asks to run code from outside this package."""

from collections.abc import Iterator, Mapping
from typing import Any

from weitiao.config.own_code import how_to_allow, is_allowed
from weitiao.config.serialization import import_path
from weitiao.errors import ConfigError
from weitiao.inputs import (  # the rooms, so that the names of their inputs are known
    Input,
    chat,  # noqa: F401
    parallel,  # noqa: F401
    preferences,  # noqa: F401
)
from weitiao.models.backbones.base import Backbone
from weitiao.objectives.base import Objective
from weitiao.targets import Target


def refuse_foreign_code(checkpoint: Mapping[str, Any], where: object) -> None:
    """Stop before a checkpoint runs what is neither of this package nor allowed.

    What it names by an import path is called, be it ``os.system``.

    Raises:
        ConfigError: it names something else as one of its parts.
    """
    model, data = checkpoint["hyper_parameters"], checkpoint["datamodule_hyper_parameters"]
    chosen = [("backbone", model, Backbone), ("objective", model, Objective)]
    chosen += [("input", data, Input), ("target", data, Target)]
    for part, options, kind in chosen:
        given = options.get(part)
        name = given.get("class_path") if isinstance(given, dict) else given
        if name not in list(_names(kind)) and not is_allowed(name):
            problem = f"{where} asks to run {name!r}, which is no {part} of weitiao"
            raise ConfigError(problem, hint=how_to_allow(name))


def asks_for_remote_code(checkpoint: Mapping[str, Any]) -> bool:
    """Whether a checkpoint's backbone is to be built by Python code that came with its weights."""
    arguments = checkpoint["hyper_parameters"]["backbone"].get("init_args")
    return isinstance(arguments, dict) and bool(arguments.get("trust_remote_code"))


def _names(kind: type[Any]) -> Iterator[str]:
    """The import paths of a class and of all that are derived from it in this package."""
    if kind.__module__.startswith("weitiao."):
        yield import_path(kind)
    for derived in kind.__subclasses__():
        yield from _names(derived)
