"""The parser behind every verb: jsonargparse, with errors that fit one screen."""

import inspect
import os
import re
import sys
from argparse import ArgumentError
from collections.abc import Iterator, Mapping, Sequence
from functools import reduce
from itertools import pairwise
from operator import or_
from typing import Any, NoReturn, get_args

import yaml
from jsonargparse import Namespace

from weitiao.config.earlier_names import renamed, renamed_arguments, renamed_values
from weitiao.config.field_paths import note
from weitiao.config.hints import ELSEWHERE, right_name
from weitiao.config.null_values import needed
from weitiao.config.own_code import OPTION
from weitiao.config.private_interfaces import OpenParser, load_yaml_by, yaml_loader
from weitiao.config.refusals import GROUP, explained
from weitiao.config.strict_yaml import names_as_typed, refuse_endless, strict
from weitiao.errors import UsageError

_LINES, _WIDTH = 10, 300  # of a message; beyond them its middle is left out
_NAMED = 8  # options of a group that was given a value, beside the first

_Loader: Any = strict(yaml_loader())


class _FiniteLoader(_Loader):
    """As jsonargparse loads YAML, with class paths as they are now.

    What can't be walked through, or Python can't hold, is none.
    """

    def get_single_data(self) -> Any:
        try:
            value = super().get_single_data()
            refuse_endless(value)
        except RecursionError as error:
            raise yaml.YAMLError("this is nested too deeply") from error
        except ValueError as error:  # e.g. a number of more digits than Python reads
            raise yaml.YAMLError(str(error)) from error
        return renamed(value)


load_yaml_by(_FiniteLoader)


class Parser(OpenParser):
    """A parser whose errors name the fault and the way out, not all options there are."""

    elsewhere: Mapping[str, str] = ELSEWHERE
    """What is tried in place of an option, and what it is called here."""
    _reading: str | os.PathLike[str] | None = None
    _sources: Mapping[str, str] = {}

    def parse_args(self, args: Any = None, *more: Any, **kwargs: Any) -> Any:
        """As jsonargparse does, but names are taken as they are typed, class paths as of now."""
        typed = names_as_typed(list(sys.argv[1:] if args is None else args))
        parts = (argument.partition("=") for argument in typed)
        now = [f"{renamed(name)}{given}{renamed(value)}" for name, given, value in parts]
        arguments = renamed_arguments(now, self.options)
        values = super().parse_args(arguments, *more, **kwargs)
        for name in _options_of_all_defaults(arguments):
            if not _is_there(values, name):  # which jsonargparse passes over below a class
                self.error(f"unrecognized arguments: --{name}")
        for name in needed(values, self.texts, self.parts):
            self.error(f"{name} needs a value, not null")
        note(values, self._sources)
        return values

    def validate(
        self, namespace: Namespace, skip_unset: bool = True, *more: Any, **kw: Any
    ) -> None:
        """As jsonargparse does, but null is none of a type that doesn't name it."""
        super().validate(namespace, False, *more, **kw)

    def link_arguments(self, source: Any, target: str, *args: Any, **kwargs: Any) -> Any:
        """As jsonargparse does; faults of the target name its source."""
        super().link_arguments(source, target, *args, **kwargs)
        self._sources = {**self._sources, target: source}

    def rewritten(self, values: dict[str, Any]) -> dict[str, Any]:
        """With the options as they are called now; a permission is none of a file."""
        if OPTION[2:] in values:
            problem, hint = f"{self._reading}: a file can't allow code", f"give {OPTION} yourself"
            raise UsageError(problem, hint=hint)
        return renamed_values(values, self.options)

    def parse_path(self, path: str | os.PathLike[str], *args: Any, **kwargs: Any) -> Namespace:
        """As jsonargparse does, but faults in a file come with the file's name."""
        before, self._reading = self._reading, path
        try:
            return super().parse_path(path, *args, **kwargs)
        except UnicodeDecodeError as error:
            self.error("this is no YAML file in UTF-8", error)
        finally:
            self._reading = before

    def format_help(self, *formatter: Any) -> str:
        """As argparse has it, without a list of all options above them, the Trainer's last."""
        self.usage = f"{self.prog} [options]"
        self.order_groups(last="trainer")
        return super().format_help(*formatter)

    def error(self, message: str, ex: Exception | None = None) -> NoReturn:
        """Refuse in one short message.

        Raises:
            UsageError: always.
        """
        if not self.exit_on_error:  # of a part, whose name the whole knows
            raise ArgumentError(None, message) from ex
        linked = re.match(r"argument (\S+) --> (\S+): ", message)
        if linked:  # argparse would tell that it can't call the option's type
            message = f"unrecognized arguments: --{linked[2]}"
        ambiguous = re.match(r"ambiguous option: (\S+) could match", message)
        if ambiguous:  # an abbreviation, to argparse
            message = f"unrecognized arguments: {ambiguous[1]}"
        alike = self._class_in_other_case(message)
        message, way_out = explained(message, self.elsewhere)
        lines = [_cut(line) for line in message.splitlines() if line.strip()]
        if len(lines) > _LINES:  # the place stands first, the value last
            lines = [*lines[: _LINES - 3], "    …", *lines[-2:]]
        place = f"{self._reading}: " if self._reading else ""
        near = f"--{linked[1]}" if linked else self._near(message) or self._members(message)
        hint = alike or way_out or near or f"{self.prog} --help=all lists the options"
        raise UsageError("\n  ".join([f"{place}{lines[0]}", *lines[1:], f"→ {hint}"])) from ex

    def _class_in_other_case(self, message: str) -> str | None:
        named = re.search(r'Parser key "([\w.]+)".*dot import path string: (\S+)', message, re.S)
        if named:
            for name in self.classes_of(named[1]):
                if name.lower() == named[2].lower():
                    return f"did you mean --{named[1]} {name}?"
        return None

    def _near(self, message: str) -> str | None:
        _, found, unknown = message.partition("nrecognized arguments: ")
        if not found:
            return None
        known = [*self.options, *(f"--{name}" for name in self._inner())]
        return right_name(unknown.split()[0], known, self.elsewhere)

    def _members(self, message: str) -> str | None:
        """An option of a group that was given a value, and the names of some others."""
        group, found, _ = message.partition(f" {GROUP}")
        inner = ((*name.rpartition("."), value) for name, value in self._inner().items() if found)
        own = {name: value for above, _, name, value in inner if above == group}
        plain = (name for name, value in own.items() if isinstance(value, str | int | float))
        if (first := next(plain, None)) is None:
            return None
        others = [name for name in own if name != first]
        more = f"; others: {', '.join(others[:_NAMED])}{', …' if others[_NAMED:] else ''}"
        return f"--{group}.{first} {own[first]}{more if others else ''}"

    def _inner(self) -> dict[str, Any]:
        """The options below which there are none, classes' own too, with their defaults."""
        values = flat(self.get_defaults())
        return {name.replace(".init_args", ""): value for name, value in values.items()}


def _options_of_all_defaults(arguments: Sequence[str]) -> Iterator[str]:
    """The options that are given as ``{}``."""
    for argument, following in pairwise([*arguments, ""]):
        name, given, value = argument.partition("=")
        if name.startswith("--") and (value if given else following).strip() == "{}":
            yield name.removeprefix("--")


def _is_there(values: Any, name: str) -> bool:
    """Whether an option is among parsed values, in which those of a class stand below its path."""
    for part in name.split("."):
        if isinstance(values, Namespace | dict) and "class_path" in values and part not in values:
            values = values.get("init_args") or {}
        if not isinstance(values, Namespace | dict) or part not in values:
            return False
        values = values[part]
    return True


def whole_numbers_first(function: Any) -> None:
    """Let unions in a function's annotations begin with int where they have int and float.

    ``Union`` keeps the order of whoever wrote the same types first in this process, and the parser
    takes the first type that fits: ``--trainer.limit_test_batches 1`` would mean all batches, 1.0,
    after some imports, and one batch after others.
    """
    annotations = inspect.unwrap(function).__annotations__
    for name, annotation in annotations.items():
        members = get_args(annotation)
        if int in members and float in members:
            # unlike Union[…], the operator keeps no cache
            ordered = sorted(members, key=lambda member: member is not int)
            annotations[name] = reduce(or_, ordered)


def _cut(line: str) -> str:
    return line if len(line) <= _WIDTH else f"{line[: _WIDTH // 2]} … {line[-_WIDTH // 2 :]}"


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
