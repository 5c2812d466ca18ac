"""The identity of an unfinished result: a hash of its input, model and options."""

import json
from collections.abc import Iterable, Sequence
from pathlib import Path

from jsonargparse import Namespace

from weitiao import __version__
from weitiao.config.serialization import plain
from weitiao.io.cache import content_hash, hash_of, versions
from weitiao.io.exported import MARK
from weitiao.io.tables import SourceFiles


def key_of(options: Namespace, inputs: Sequence[SourceFiles]) -> dict[str, str]:
    """What the predictions of a command depend on, by a hash each.

    Args:
        options: of ``predict``.
    """
    path: Path = options.ckpt_path
    files = sorted(path.parent.iterdir()) if path.name == MARK else [path]
    reading = {n: v for n, v in plain(options.data).items() if n not in ("predict", "database")}
    values = {"data": reading, "hardware": plain(options.hardware)}
    return {
        "input": hash_of(*(part for each in inputs for part in _input(each))),
        "model": hash_of(*(_state(file) for file in files)),
        "options": hash_of(json.dumps(values, sort_keys=True), versions(), __version__),
    }


def _input(given: SourceFiles) -> Iterable[str]:
    """A file by size and time; what lies in a temporary place, as a query's rows, by content."""
    yield given.name
    temporary = given.name == "standard input" or given.format == "jsonl"
    yield from (content_hash(file) if temporary else _state(file) for file in given.files)


def _state(file: Path) -> str:
    found = file.stat()
    return f"{file.name} {found.st_size} {found.st_mtime_ns}"
