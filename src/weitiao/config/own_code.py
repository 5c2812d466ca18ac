"""The user's own code: modules that a class path may name besides weitiao's and Lightning's.

Only the command line gives the permission. No configuration and no checkpoint holds it.
"""

from __future__ import annotations

import functools
import os
import re
import sys
from argparse import SUPPRESS, Action
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeVar

from weitiao.config.arguments import Options, as_arguments
from weitiao.errors import ConfigError

if TYPE_CHECKING:
    from jsonargparse import ArgumentParser

OPTION = "--allow_code"
_OURS = ("weitiao", "lightning")
_allowed: tuple[str, ...] = ()  # in the block that runs

P = ParamSpec("P")
R = TypeVar("R")
T = TypeVar("T", bound=Options)


@contextmanager
def allow(modules: Iterable[str]) -> Iterator[None]:
    """Let class paths name these modules within the block, and no others but ours.

    What a block around this one allows stays allowed.

    Args:
        modules: top-level ones, installed or in the present folder; they are imported.

    Raises:
        ConfigError: there is no such module, or it is one of Python's own.
    """
    global _allowed
    from weitiao.config.private_interfaces import importable  # heavy

    modules = tuple(modules)
    for name in modules:
        _import(name)
    before, _allowed = _allowed, (*_allowed, *modules)
    try:
        with importable([*_OURS, *modules]):
            yield
    finally:
        _allowed = before


def permitted(command: Callable[Concatenate[T, P], R]) -> Callable[Concatenate[T, P], R]:
    """A command, which takes its options first, within what these allow."""

    @functools.wraps(command)
    def run(options: T, /, *args: P.args, **kwargs: P.kwargs) -> R:
        with allow(named_in(as_arguments(options))):
            return command(options, *args, **kwargs)

    return run


def named_in(arguments: Sequence[str]) -> list[str]:
    """The modules that a command line allows: one or several a word."""
    names: list[str] = []
    for word, after in pairwise([*arguments, ""]):
        option, given, value = word.partition("=")
        if option == OPTION:
            names += re.findall(r"[\w.]+", value if given else after)
    return names


def allowed() -> tuple[str, ...]:
    """The modules that are allowed here."""
    return _allowed


def is_allowed(path: object) -> bool:
    """Whether a class path names a module that is allowed here."""
    return isinstance(path, str) and path.partition(".")[0] in _allowed


def how_to_allow(path: object) -> str | None:
    """How a class path becomes one that may be named; null = that can't be had."""
    name = path.partition(".")[0] if isinstance(path, str) else ""
    able = name.isidentifier() and name not in (*_OURS, *sys.stdlib_module_names)
    return f"if you trust it: {OPTION} {name}" if able else None


class Permission(Action):
    """Takes the option and leaves no value: `named_in` has read it before all else."""

    def __call__(self, *_: Any) -> None:
        """Nothing."""


def add_option(parser: ArgumentParser) -> None:
    """Let a parser take the option."""
    parser.add_argument(
        OPTION,
        action=Permission,
        dest=SUPPRESS,
        default=SUPPRESS,
        metavar="MODULE",
        help="Module of your own, installed or in this folder, whose classes a configuration or a"
        " checkpoint may name; several with commas, or the option again. It runs what they name.",
    )


def _import(name: str) -> None:
    if not name.isidentifier() or name in sys.stdlib_module_names:
        problem = f"{name!r} is no top-level module of yours"
        raise ConfigError(problem, field="allow_code", hint=how_to_allow(name))
    if os.getcwd() not in sys.path:  # at the end: nothing here takes the place of a library
        sys.path.append(os.getcwd())
    try:
        import_module(name)
    except ModuleNotFoundError as error:
        if error.name != name:
            raise
        problem = f": there is no module {name!r}, neither installed nor in {os.getcwd()}"
        hint = "PYTHONPATH=FOLDER names the folder that it lies in"
        raise ConfigError(problem, field="allow_code", hint=hint) from error
