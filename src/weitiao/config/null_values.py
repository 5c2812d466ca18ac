"""Refuses null where a value is needed and jsonargparse accepts it: texts and groups of options."""

from collections.abc import Collection, Iterator
from dataclasses import is_dataclass
from pydoc import locate
from typing import Any, get_type_hints

from jsonargparse import Namespace


def needed(values: Namespace, texts: Collection[str], groups: Collection[str]) -> Iterator[str]:
    """The keys that are null and need a value.

    Args:
        values: as parsed.
        texts: keys of those that are texts and nothing else; one that says ``null`` means null.
        groups: keys of those that hold options.
    """
    yield from (key for key in texts if values.get(key) == "null")
    yield from _parts(values, {}, "", groups)


def _parts(
    values: Namespace, types: dict[str, Any], above: str, groups: Collection[str]
) -> Iterator[str]:
    """Of one part's values, with the types of its arguments."""
    for name, value in vars(values).items():
        key = f"{above}{name}"
        if value is None:
            if key in groups or is_dataclass(types.get(name)):
                yield key
        elif isinstance(value, Namespace):
            path = value.get("class_path")
            below = value.get("init_args") if path else value
            kind = locate(path) if path else types.get(name)
            yield from _parts(below or Namespace(), _types(kind), f"{key}.", groups)


def _types(kind: Any) -> dict[str, Any]:
    try:
        return get_type_hints(kind.__init__)
    except (NameError, TypeError):  # of names that are only there for type checkers
        return {}
