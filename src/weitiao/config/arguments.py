"""Options given as Python values, as the arguments of a command line."""

import json
import os
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from weitiao.errors import UsageError

Options = Mapping[str, Any] | Sequence[str]
"""``{"data.train": "my.csv", "trainer.max_epochs": 2}``, or the arguments of a command line."""


def as_arguments(options: Options) -> list[str]:
    """The arguments of a command line; floats to the last digit.

    Later arguments win, so whole files come first, and a class before its own values, whatever the
    order of a mapping. ``config`` may be a list of files, of which the last one wins.

    Args:
        options: names without dashes, with their values; arguments stay as they are.

    Raises:
        UsageError: this is neither.
    """
    if isinstance(options, str | bytes) or not isinstance(options, Mapping | Sequence):
        raise UsageError(
            f"options are a mapping or a list, not {type(options).__name__}"
            '\n  → {"data.train": "my.csv"}'
        )
    if not isinstance(options, Mapping):
        return [os.fspath(argument) for argument in options]
    if dashed := [name for name in options if str(name).startswith("-")]:
        name = str(dashed[0])
        raise UsageError(f"{name!r} in a mapping has no dashes\n  → {name.lstrip('-')!r}")
    arguments = []
    for name in sorted(options, key=lambda name: (name != "config", name.count("."))):
        value = options[name]
        values = value if name == "config" and isinstance(value, list | tuple) else [value]
        arguments += [f"--{name}={_written(each)}" for each in values]
    return arguments


def divided(own: Collection[str], arguments: Sequence[str]) -> tuple[list[str], list[str]]:
    """The arguments of a command's own options, and those that it hands on.

    Its own may be written with hyphens: ``--keep-top`` is ``--keep_top``.

    Args:
        own: its options, with dashes.
    """
    mine: list[str] = []
    rest: list[str] = []
    target = rest  # a value that stands apart follows its option
    for argument in arguments:
        if argument.startswith("-"):
            name, given, value = argument.partition("=")
            option = name if name in own else f"--{name[2:].replace('-', '_')}"
            target = mine if option in own else rest
            argument = option + given + value if target is mine else argument
        target.append(argument)
    return mine, rest


def _written(value: Any) -> str:
    """A value as YAML; of a text what stands in it."""
    if isinstance(value, str | os.PathLike):
        return os.fspath(value)
    return json.dumps(value, ensure_ascii=False)
