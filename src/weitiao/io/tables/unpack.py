"""The bytes of a text file, plain or compressed, without the file ever being unpacked to disk."""

import io
import lzma
import zipfile
from pathlib import Path
from typing import IO, Any

import pyarrow as pa

from weitiao.errors import DataError

_CODECS = {".gz": "gzip", ".bz2": "bz2", ".zst": "zstd", ".lz4": "lz4"}  # pyarrow's
COMPRESSED = (*_CODECS, ".xz", ".zip")
"""Suffixes of compressed files; what stands before them tells the format."""
ARCHIVES = (".tar", ".tgz", ".7z", ".rar")
"""Suffixes of archives of several files, which are not read."""
_MAGIC = {  # the first bytes of packed files
    b"\x1f\x8b": ".gz",
    b"BZh": ".bz2",
    b"\x28\xb5\x2f\xfd": ".zst",
    b"\x04\x22\x4d\x18": ".lz4",
    b"\xfd7zXZ": ".xz",
    b"PK\x03\x04": ".xlsx or .zip",
}
_BUFFER = 1 << 20
_LONGEST_LINE = 64 << 20  # bytes: what is longer is no line but a file without any
# gzip packs no better than 1032 to 1, text some 3 to 30 to 1; what is small hurts nobody
_BOMB_RATIO, _BOMB_SIZE = 500, 1 << 30


def bare_name(path: Path) -> str:
    """The file's name without the suffix of its compression; of a ZIP file, its member's name.

    Raises:
        DataError: the ZIP file is broken, or doesn't hold exactly one file.
    """
    if path.suffix.lower() == ".zip":
        with _told_as(path), zipfile.ZipFile(path) as archive:
            return Path(_member(path, archive)).name
    return path.stem if path.suffix.lower() in COMPRESSED else path.name


def packed_as(head: bytes) -> str | None:
    """The suffix that a file with such first bytes should have, if it is a packed one."""
    return next((suffix for magic, suffix in _MAGIC.items() if head.startswith(magic)), None)


def refuse_packed(path: Path, head: bytes) -> None:
    """Refuse a file that by its first bytes is packed still, though its name doesn't say so.

    Raises:
        DataError: it is.
    """
    if suffix := packed_as(head):
        hint = f"its name should end in {suffix}"
        raise DataError("the file is compressed", file=path, hint=hint)


def open_bytes(path: Path, *, by_line: bool = False) -> io.BufferedReader:
    """The bytes of a file, unpacked on the way if its suffix says that it is compressed.

    Args:
        by_line: whether whole lines will be held in memory, so that they must not be endless.

    Reading raises a DataError where the packed data are cut off or broken, or unpack to so much
    that they seem to be made to fill the disk.
    """
    if path.suffix.lower() not in COMPRESSED:
        return path.open("rb")
    with _told_as(path):
        return io.BufferedReader(_Unpacking(path, _unpack(path), by_line), _BUFFER)


def _unpack(path: Path) -> Any:
    suffix = path.suffix.lower()
    if suffix == ".xz":
        return lzma.open(path)
    if suffix == ".zip":
        archive = zipfile.ZipFile(path)
        return archive.open(_member(path, archive))
    return pa.CompressedInputStream(pa.OSFile(str(path)), _CODECS[suffix])


def _member(path: Path, archive: zipfile.ZipFile) -> str:
    names = [name for name in archive.namelist() if not name.endswith("/")]
    names = [name for name in names if not name.startswith("__MACOSX/")]
    if len(names) != 1:
        raise DataError(
            f"the archive holds {len(names)} files, not one", file=path, hint="unpack it first"
        )
    return names[0]


class _told_as:
    """Turns what the libraries raise into an error that names the file and how far it was read."""

    def __init__(self, path: Path, so_far: str = "") -> None:
        self.path, self.so_far = path, so_far

    def __enter__(self) -> None: ...

    def __exit__(self, kind: Any, error: BaseException | None, trace: Any) -> None:
        if isinstance(error, Exception) and not isinstance(error, DataError):
            raise DataError(
                f"the compressed file is cut off or broken{self.so_far}: {error}", file=self.path
            ) from error


class _Unpacking(io.RawIOBase):
    """A stream of unpacked bytes that says where it breaks off, and knows when to stop."""

    def __init__(self, path: Path, inner: IO[bytes], by_line: bool) -> None:
        self._path, self._inner = path, inner
        self._size = path.stat().st_size
        self._by_line = by_line
        self._count = self._lines = self._line_start = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        with _told_as(self._path, f" after {self._lines:,} lines ({self._count:,} bytes) of text"):
            chunk = self._inner.read(len(buffer))
        buffer[: len(chunk)] = chunk
        if (last := chunk.rfind(b"\n")) >= 0:
            self._line_start = self._count + last + 1
            self._lines += chunk.count(b"\n")
        self._count += len(chunk)
        if self._count > max(_BOMB_SIZE, _BOMB_RATIO * self._size):
            raise self._bomb(f"more than {_BOMB_RATIO} times its size")
        if self._by_line and self._count - self._line_start > _LONGEST_LINE:
            raise self._bomb(f"a line of more than {_LONGEST_LINE:,} bytes")
        return len(chunk)

    def _bomb(self, what: str) -> DataError:
        return DataError(
            f"the file unpacks to {what}: it seems to be made to fill disk or memory",
            file=self._path,
            hint="if it is text after all, unpack it first",
        )

    def close(self) -> None:
        self._inner.close()
        super().close()
