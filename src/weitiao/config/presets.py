"""Named configurations: recipes and tasks, one YAML each."""

from pathlib import Path
from typing import Any, Literal

import yaml

from weitiao.config.commands import CONFIGS, shipped
from weitiao.errors import ConfigError

Kind = Literal["recipe", "task"]
_OF_CLASSES = {"class_path", "init_args"}


def preset(kind: Kind, name: str, *others: str) -> Path:
    """The file of a configuration.

    Args:
        kind: the option that names it.
        others: values that the option has besides, for messages.

    Raises:
        ConfigError: there is none of this name.
    """
    path = CONFIGS / f"{kind}s" / f"{name}.yaml"
    if not path.is_file():
        known = ", ".join([*others, *shipped(f"{kind}s")])
        raise ConfigError(f"{kind}: there is no {name!r}\n  → {known}")
    return path


def values_of(kind: Kind, name: str) -> dict[str, Any]:
    """What such a file says."""
    content = yaml.safe_load(preset(kind, name).read_text("utf-8"))
    assert isinstance(content, dict)
    return content


def merged(values: dict[str, Any], over: dict[str, Any]) -> dict[str, Any]:
    """Nested values; of two for one key, that of ``over``; either may leave its class unnamed."""
    if "class_path" in values and not _OF_CLASSES & over.keys():
        over = {"init_args": over}
    if "class_path" in over and values and not _OF_CLASSES & values.keys():
        values = {"init_args": values}
    both = {
        key: merged(value, over[key])
        for key, value in values.items()
        if isinstance(value, dict) and isinstance(over.get(key), dict)
    }
    return {**values, **over, **both}
