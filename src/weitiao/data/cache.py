"""Folders that are made once, whole or not at all, and what tells that one can be used again."""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import os
import shutil
import unicodedata
from collections.abc import Callable
from functools import cache
from pathlib import Path

from filelock import FileLock

from weitiao.errors import ConfigError

SHAPING = (
    *("pyarrow", "openpyxl", "charset-normalizer"),  # reading
    *("ftfy", "opencc", "emoji"),  # cleaning
    *("tokenizers", "transformers", "jieba", "rjieba", "stanza"),  # encoding
)
"""Packages whose version shapes prepared data."""


def make_once(folder: Path, make: Callable[[Path], None]) -> None:
    """Let ``make`` fill an empty folder, which then takes the name ``folder``, unless it is there.

    Of several processes one makes it while the others wait. Where ``make`` raises or is killed,
    ``folder`` doesn't appear.
    """
    if folder.exists():
        return
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError) as error:
        raise ConfigError(f"data.cache: {folder.parent} is a file, not a folder") from error
    with FileLock(folder.with_suffix(".lock")):
        if folder.exists():
            return
        unfinished = folder.with_suffix(".part")
        shutil.rmtree(unfinished, ignore_errors=True)  # of a killed process: we hold the lock
        unfinished.mkdir()
        try:
            make(unfinished)
            os.replace(unfinished, folder)
        finally:
            shutil.rmtree(unfinished, ignore_errors=True)


def hash_of(*parts: str) -> str:
    """A short hash of the parts."""
    return hashlib.blake2b("\n".join(parts).encode(), digest_size=10).hexdigest()


def content_hash(path: Path) -> str:
    """Hash of the bytes of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "blake2b").hexdigest()[:32]


@cache
def versions() -> str:
    """Versions of packages, of Unicode, and of this package's own code, which users edit."""
    found = {"unicode": unicodedata.unidata_version}
    for package in SHAPING:
        try:
            found[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            found[package] = "absent"
    room = Path(__file__).parent
    found |= {str(path.relative_to(room)): content_hash(path) for path in room.rglob("*.py")}
    return json.dumps(found, sort_keys=True)
