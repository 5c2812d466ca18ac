"""A record of what was started in a folder, with which options and which outcome."""

import json
from pathlib import Path
from typing import Any

from weitiao.errors import ConfigError
from weitiao.training.run_folder import write_json


def claim(place: Path, options: list[str]) -> dict[str, Any]:
    """Take a folder for these options; what has not begun there may still be changed.

    Returns:
        What `finish` noted.

    Raises:
        ConfigError: something else has begun there.
    """
    file = _file_of(place)
    held = json.loads(file.read_text("utf-8")) if file.is_file() and place.exists() else None
    if held and held["options"] != options:
        raise ConfigError(
            f"{place} holds another comparison: {' '.join(held['options'])}"
            "\n  → another folder (compare: --name NAME; gain: --folder PATH), or the same options"
        )
    if held is None:
        place.parent.mkdir(parents=True, exist_ok=True)
        write_json({"options": options, "found": {}}, file)
    return held["found"] if held else {}


def finish(place: Path, options: list[str], found: dict[str, Any]) -> None:
    """Note what came of it, so that it isn't done again."""
    write_json({"options": options, "found": found}, _file_of(place))


def _file_of(place: Path) -> Path:
    return place.parent / f"{place.name}.json"
