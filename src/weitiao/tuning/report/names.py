"""Keys and values, short enough for a column or an axis."""

import re
from collections.abc import Iterable
from typing import Any

_CLASS_PATH = re.compile(r"[A-Za-z_]\w*(\.[a-z_]\w*)*\.[A-Z]\w*")


def short_keys(keys: Iterable[str]) -> dict[str, str]:
    """For each dotted key its last word, or more words where that is not enough to tell it."""
    keys = list(keys)
    return {key: _short(key, keys) for key in keys}


def _short(key: str, keys: list[str]) -> str:
    words = key.split(".")
    for count in range(1, len(words)):
        end = ".".join(words[-count:])
        if sum(other == end or other.endswith(f".{end}") for other in keys) == 1:
            return end
    return key


def exact(value: Any) -> str:
    """A value as YAML has it, to the last digit."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    return ", ".join(map(exact, value)) if isinstance(value, list) else str(value)


def shown(value: Any) -> str:
    """A value with three digits; of a class path the class."""
    text = f"{value:.3g}" if isinstance(value, float) else exact(value)
    return text.rpartition(".")[2] if _CLASS_PATH.fullmatch(text) else text


def shown_time(seconds: float | None) -> str:
    """A time as people say it: seconds, minutes or hours."""
    if seconds is None:
        return "–"
    for unit, size in (("h", 3600), ("min", 60)):
        if seconds >= 2 * size:
            return f"{seconds / size:.1f} {unit}"
    return f"{seconds:.0f} s" if seconds >= 10 else f"{seconds:.1f} s"
