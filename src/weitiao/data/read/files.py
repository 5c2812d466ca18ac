"""Which files are named, and how a file is written so that no half of it is ever seen."""

from __future__ import annotations

import difflib
import glob
import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from weitiao.errors import DataError

Files = str | list[str]
"""A path or glob, or a list of them."""


def expand(files: Files) -> list[Path]:
    """The files that paths and globs name, each glob's in sorted order.

    Raises:
        DataError: one is missing, empty, a folder, unreadable or named twice, or a glob finds
            nothing.
    """
    paths = [
        path for name in ([files] if isinstance(files, str) else files) for path in _find(name)
    ]
    if not paths:
        raise DataError("no file is named", hint="--data.train FILE")
    seen: set[Path] = set()
    for path in paths:
        if path in seen:
            raise DataError("the file is named twice", file=path)
        if not path.is_file():
            hint = f"name its files: {path}/*.csv" if path.is_dir() else None
            raise DataError("this is not a file", file=path, hint=hint)
        if not os.access(path, os.R_OK):
            raise DataError("the file may not be read", file=path, hint="see its permissions")
        seen.add(path)
        if path.stat().st_size == 0:
            raise DataError("the file is empty", file=path)
    return paths


def _find(name: str) -> list[Path]:
    path = Path(name)
    if path.exists():
        return [path]
    if glob.has_magic(name):
        found = sorted(p for p in map(Path, glob.glob(name, recursive=True)) if p.is_file())
        if not found:
            raise DataError("no file fits this pattern", file=name)
        return found
    siblings = os.listdir(path.parent) if path.parent.is_dir() else []
    near = difflib.get_close_matches(path.name, siblings, n=1)
    hint = f"did you mean {path.parent / near[0]}?" if near else None
    raise DataError("there is no such file", file=name, hint=hint)


@contextmanager
def whole_or_not(path: Path) -> Iterator[Path]:
    """A path beside `path` to write to: renamed to it at the end, removed after a fault."""
    part = path.with_name(f".{path.name}.{uuid.uuid4().hex}.part")
    try:
        yield part
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)
