"""Folders that are made once, completely or not at all, and the keys by which they are found."""

import errno
import hashlib
import importlib.metadata
import json
import os
import shutil
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from filelock import FileLock
from rich.console import Console

from weitiao.errors import ConfigError

SCHEMA = 5
"""Raise it with any change of code after which the same files and options are prepared otherwise:
rows read, cleaned, audited, split, segmented or encoded in another way, or files of another form.
"""
SHAPING = (
    *("pyarrow", "openpyxl", "charset-normalizer", "mwparserfromhell", "pillow"),  # reading
    *("ftfy", "opencc", "emoji"),  # cleaning
    *("tokenizers", "transformers", "jieba", "rjieba", "stanza"),  # encoding
)
"""Packages whose version shapes prepared data."""

SEAL = "seal.tsv"
"""The file of a whole folder that tells what the others are."""
LARGE = 2**24  # bytes
FULL = dict.fromkeys((errno.ENOSPC, errno.EDQUOT), "lies on a disk that is full")
FORBIDDEN = {
    **dict.fromkeys((errno.EEXIST, errno.ENOTDIR), "is a file, not a folder"),
    **dict.fromkeys((errno.EROFS, errno.EACCES, errno.EPERM), "may not be written to"),
}


def make_once(folder: Path, make: Callable[[Path], None], *, field: str = "cache") -> None:
    """Let ``make`` fill an empty folder, which then takes the name ``folder``, unless it is there.

    Of several processes one makes it while the others wait. Where ``make`` raises or is killed,
    ``folder`` doesn't appear; where its files are not as they were made, it is made anew, with a
    note. If it is there and whole nothing is written, so the disk may be read-only.

    Args:
        make: is given the empty folder.
        field: the argument that names the cache.

    Raises:
        ConfigError: the disk is full, or may not be written to.
    """
    if folder.exists() and not damaged(folder):
        return
    with ExitStack() as held:
        with _disk_of(folder.parent, FORBIDDEN | FULL, field):
            folder.parent.mkdir(parents=True, exist_ok=True)
            held.enter_context(FileLock(folder.with_suffix(".lock")))
        if folder.exists():
            if not (names := damaged(folder)):
                return
            console = Console(stderr=True, highlight=False, markup=False, soft_wrap=True)
            console.print(f"! {folder} is damaged ({', '.join(names)}): preparing anew")
            with TemporaryDirectory(dir=folder.parent, prefix=".damaged-") as aside:
                os.replace(folder, Path(aside) / folder.name)  # at once: others may look for it
        unfinished = folder.with_suffix(".part")
        shutil.rmtree(unfinished, ignore_errors=True)  # of a killed process: we hold the lock
        try:
            with _disk_of(folder.parent, FULL, field):
                unfinished.mkdir()
                make(unfinished)
                (unfinished / SEAL).write_text("\n".join(_seal(unfinished)), "utf-8")
                os.replace(unfinished, folder)
        finally:
            shutil.rmtree(unfinished, ignore_errors=True)


def damaged(folder: Path) -> list[str]:
    """Which files of a folder of `make_once` are not as they were made.

    Of large files only the size is looked at, since every run and every trial would wait for more.
    """
    seal = folder / SEAL
    if not seal.is_file():
        return [SEAL]
    try:
        made, now = seal.read_text("utf-8", errors="replace").split("\n"), _seal(folder)
    except FileNotFoundError:  # another process is just about to make it anew
        return [SEAL]
    return sorted({line.partition("\t")[0] for line in set(made) ^ set(now)})


def _seal(folder: Path) -> list[str]:
    """Name and size of each file, and the hash of those that are not large."""
    files = sorted(p for p in folder.iterdir() if p.name != SEAL and not p.name.startswith("."))
    sizes = {path: path.stat().st_size for path in files}
    return [
        f"{path.name}\t{size}" + (f"\t{content_hash(path)}" if size <= LARGE else "")
        for path, size in sizes.items()
    ]


@contextmanager
def _disk_of(folder: Path, reasons: Mapping[int, str], field: str) -> Iterator[None]:
    """Tell faults of the disk by the argument that names the folder."""
    try:
        yield
    except OSError as error:
        cut = "requested and" in str(error)  # NumPy's "9 requested and 4 written" has no number
        reason = reasons.get(errno.ENOSPC if cut else error.errno or 0)
        if reason is None:
            raise
        raise ConfigError(
            f": {folder} {reason}", field=field, hint=f"{{--{field}}} FOLDER names another one"
        ) from error


def hash_of(*parts: str) -> str:
    """A short hash of the parts."""
    return hashlib.blake2b("\n".join(parts).encode(), digest_size=10).hexdigest()


def content_hash(path: Path) -> str:
    """Hash of the bytes of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "blake2b").hexdigest()[:32]


@cache
def versions() -> str:
    """Versions of packages, of Unicode, and of what this package itself prepares (`SCHEMA`)."""
    found: dict[str, str | int] = {"schema": SCHEMA, "unicode": unicodedata.unidata_version}
    for package in SHAPING:
        try:
            found[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            found[package] = "absent"
    return json.dumps(found, sort_keys=True)
