"""From the argument that a component names in an error to the option of the command at hand."""

import inspect
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from functools import partial
from traceback import walk_tb
from typing import Any

from jsonargparse import Namespace

from weitiao.errors import WeitiaoError

_LATE = {"card", "backbone"}  # what parts get from the run, and no options
_Nodes = Mapping[str, Mapping[str, Any]]
_given: ContextVar[tuple[_Nodes, Mapping[str, str], str] | None] = ContextVar("given", default=None)


@contextmanager
def field_paths(dashes: str = "--") -> Iterator[None]:
    """Let faults name the options of the command line that is parsed meanwhile.

    An argument is looked up as a variable is: in the innermost object at work that the command line
    describes, then further out; of the options below it, the nearest of that name is meant.

    Args:
        dashes: what stands before an option that is to be set.
    """
    before = _given.set(({}, {}, dashes))
    try:
        yield
    except (WeitiaoError, ValueError) as error:
        fault: BaseException | None = error
        # what a part refuses that may also be null, jsonargparse wraps
        while isinstance(fault, ValueError):
            fault = fault.__cause__
        if not isinstance(fault, WeitiaoError):
            raise
        fault.place(partial(_option, fault), dashes)
        if fault is error:
            raise
        # not from the wrapper, which repeats it: the fault keeps the cause that it has
        raise fault  # noqa: B904
    finally:
        _given.reset(before)


def note(values: Namespace, sources: Mapping[str, str]) -> None:
    """Take the values of a command line, for the faults from now on within `field_paths`.

    Args:
        sources: an option that is linked → the one that it is linked to.
    """
    if (given := _given.get()) is None:
        return
    nodes: dict[str, dict[str, Any]] = {}
    _add("", values.as_dict(), nodes)
    _given.set((nodes, sources, given[2]))


def with_options(notes: Any) -> Any:
    """Plain values in which each note names the options of the command line, as a fault does."""
    if isinstance(notes, dict):
        return {key: with_options(value) for key, value in notes.items()}
    if isinstance(notes, list):
        return [with_options(value) for value in notes]
    if not isinstance(notes, str) or "{--" not in notes:
        return notes
    fault = WeitiaoError("", hint=notes)
    fault.place(partial(_option, fault), (_given.get() or ["--"])[-1])
    return fault.hint or ""


def _add(place: str, values: Mapping[str, Any], nodes: dict[str, dict[str, Any]]) -> None:
    own = values.get("init_args") or {} if "class_path" in values else values
    nodes[place] = dict(own)
    for name, value in own.items():
        for each in value if isinstance(value, list) else [value]:
            if isinstance(each, dict):
                _add(f"{place}.{name}" if place else name, each, nodes)


def _option(fault: BaseException, name: str) -> str | None:
    """The option that an argument is; null = there is none. Without a command, its own name."""
    nodes, sources, _ = _given.get() or ({}, {}, "")
    if not nodes:
        return name
    head, dot, rest = name.partition(".")
    objects = [frame.f_locals.get("self") for frame, _ in walk_tb(fault.__traceback__)]
    for place in [*(_place_of(each, nodes) for each in reversed(objects)), ""]:
        inside = f"{place}." if place else ""
        known = [n for n, values in nodes.items() if head in values and f"{n}.".startswith(inside)]
        if place is not None and known:
            found = f"{min(known, key=lambda node: node.count('.'))}.{head}".removeprefix(".")
            return sources.get(found, found) + dot + rest
    return None


def _place_of(part: Any, nodes: _Nodes) -> str | None:
    """The node whose values are just the arguments of an object; null = the command has none."""
    names: set[str] = set()
    with suppress(ValueError, TypeError):  # of a class without a signature
        names = {*inspect.signature(type(part)).parameters}
    own = getattr(part, "__dict__", {})
    alike = {
        place: sum(str(own.get(name)) == str(value) for name, value in values.items())
        for place, values in nodes.items()
        if values and values.keys() <= names <= values.keys() | _LATE
    }
    return max(alike, key=alike.__getitem__, default=None)
