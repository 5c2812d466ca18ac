"""Component objects as plain values, so that what a checkpoint keeps loads without pickle."""

import dataclasses
import functools
import inspect
import sys
from typing import Any

from jsonargparse import set_parsing_settings
from jsonargparse.typing import register_type

from weitiao.card import DataCard

# a card is a value to it, not options: its parts come from the data, or from a checkpoint
set_parsing_settings(subclasses_enabled=[DataCard])
register_type(DataCard, DataCard.plain, DataCard.of)


def named(part: Any) -> dict[str, Any]:
    """A component that is a dataclass, as the command line names it: its class and its options.

    Raises:
        TypeError: it is none, so that nobody knows its options.
    """
    return {"class_path": import_path(type(part)), "init_args": plain(part)}


def import_path(kind: type) -> str:
    """The shortest path by which a class can be imported, as the command line writes it."""
    parts = kind.__module__.split(".")
    for end in range(1, len(parts)):
        package = ".".join(parts[:end])
        if getattr(sys.modules.get(package), kind.__qualname__, None) is kind:
            return f"{package}.{kind.__qualname__}"
    return f"{kind.__module__}.{kind.__qualname__}"


def plain(value: Any) -> Any:
    """``value`` as JSON-compatible values in the form the command line reads.

    Dataclasses become dictionaries of their fields; a class, or a ``functools.partial`` of one,
    becomes ``{"class_path": …, "init_args": …}`` with its defaults written out: jsonargparse would
    otherwise take over those of another class that is the default.

    Raises:
        TypeError: the value can't be written down, e.g. a lambda.
    """
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, type):
        options = inspect.signature(value).parameters.values()
        usual = {o.name: plain(o.default) for o in options if o.default is not o.empty}
        return {"class_path": import_path(value), "init_args": usual}
    if isinstance(value, functools.partial):
        # jsonargparse's own factories are partials of its instantiator that name the class
        classes = [part for part in (value.func, *value.args) if isinstance(part, type)]
        if len(classes) == 1:
            named = plain(classes[0])
            named["init_args"] |= plain(value.keywords)
            return named
    raise TypeError(f"can't write {value!r} into a checkpoint; give a class or a functools.partial")
