"""Files that are written completely or not at all; a full disk names the file."""

import errno
import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def whole_or_not(path: Path) -> Iterator[Path]:
    """A path beside ``path`` to write to: renamed to it at the end, removed after a fault.

    Folders that are missing are made.

    Raises:
        OSError: the disk is full; names ``path``.
    """
    part = path.with_name(f".{path.name}.{uuid.uuid4().hex}.part")
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with naming(path):
            yield part
            os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)


def readable_weights(folder: Path, beside: str = "config.json") -> None:
    """Let whoever may read a saved model's configuration read its weights as well.

    safetensors 0.8 lets nobody but the owner, whatever the umask (safetensors#782).

    Args:
        beside: the file that may be read.
    """
    mode = (folder / beside).stat().st_mode
    for weights in folder.glob("*.safetensors"):
        weights.chmod(mode)


@contextmanager
def naming(path: Path) -> Iterator[None]:
    """Name the file or folder when a disk is full: ``write`` knows no name.

    Raises:
        OSError: as the block raises it; its ``filename`` is filled in if it has none.
    """
    try:
        yield
    except OSError as error:
        if is_full(error) and error.filename is None:
            error.filename = str(path)
        raise


def is_full(error: BaseException) -> bool:
    """Whether this is the fault of a disk, or a share of one, that has no space left."""
    return isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT)
