"""What `torch.save` wrote, read once: each part is compared with its checksum as it is read.

torch's own reader doesn't look at checksums, and to compare them first is to read a file twice.
"""

from __future__ import annotations

import struct
import zipfile
import zlib
from collections.abc import Collection
from io import BufferedReader
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch

_HEADER = struct.Struct("<26xHH")  # of a record: the lengths of its name and of what follows that


def read_archive(path: Path, without: Collection[str] = (), *, mapped: bool = False) -> Any:
    """The content of a file; nothing in it is executed.

    Args:
        without: names of parts that aren't read.
        mapped: leave tensors in the file, of which memory holds the pages that are used. It has to
            stay as it is meanwhile.

    Raises:
        BadZipFile: bits have changed.
        Exception: it isn't what torch writes, or holds more than tensors and plain values.
    """
    import torch

    if not zipfile.is_zipfile(path):  # of another kind: torch knows what to say
        return torch.load(path, map_location="cpu", weights_only=True)
    with zipfile.ZipFile(path) as archive, path.open("rb") as file:
        places = _places(archive, file)
        content = torch.load(path, map_location="cpu", weights_only=True, mmap=True)
        tensors = _Tensors(content, places, file, mapped=mapped)
        if isinstance(content, dict):
            for name in without:
                content.pop(name, None)
        return tensors.read(content)


def _places(archive: zipfile.ZipFile, file: BufferedReader) -> dict[int, zipfile.ZipInfo]:
    """The records of tensors by where they begin; all others are read, and their sums compared."""
    places = {}
    for info in archive.infolist():
        if info.header_offset < 0:
            raise zipfile.BadZipFile(info.filename)
        if "/data/" in info.filename:
            places[_place(file, info)] = info
            continue
        try:
            archive.read(info)
        # what zipfile raises for flipped bits of data, length, method or encryption
        except (zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
            raise zipfile.BadZipFile(info.filename) from error
    return places


def _place(file: BufferedReader, info: zipfile.ZipInfo) -> int:
    """Where in the file the bytes of a record begin."""
    file.seek(info.header_offset)
    header = file.read(_HEADER.size)
    if len(header) < _HEADER.size or info.compress_type != zipfile.ZIP_STORED:
        raise zipfile.BadZipFile(info.filename)
    return info.header_offset + _HEADER.size + sum(_HEADER.unpack(header))


_NESTED = (dict, list, tuple)
_PART = 1 << 20  # bytes that are compared at a time


class _Tensors:
    """The tensors of a content that torch has mapped, of which it has read none yet.

    Args:
        places: of each record in the file.
        mapped: leave them in the file.

    Raises:
        BadZipFile: the tensors are not those of the records.
    """

    def __init__(
        self,
        content: Any,
        places: dict[int, zipfile.ZipInfo],
        file: BufferedReader,
        *,
        mapped: bool,
    ) -> None:
        self._mapped, self._compared = mapped, set[int]()
        self._file, self._read = file, dict[int, "torch.UntypedStorage"]()
        filled = {place: info for place, info in places.items() if info.file_size}
        found = {each.data_ptr() for each in _storages(content) if each.nbytes()}
        # the records lie in the map as they do in the file
        begin = min(found, default=0) - min(filled, default=0)
        if {pointer - begin for pointer in found} != set(filled):
            raise zipfile.BadZipFile("tensors and records differ")
        self._records = {begin + place: (place, info) for place, info in filled.items()}

    def read(self, value: Any) -> Any:
        """The value with tensors in memory of their own; those that shared theirs still do."""
        import torch

        if isinstance(value, torch.Tensor):
            mapped = value.untyped_storage()
            if not mapped.nbytes():
                return value
            if self._mapped:
                self._compare(mapped.data_ptr())
                return value
            where = (value.storage_offset(), value.size(), value.stride())
            return value.new_empty(0).set_(self._storage(mapped.data_ptr()), *where)
        if isinstance(value, dict):
            for name in value:  # in place: that of weights has attributes
                value[name] = self.read(value[name])
            return value
        if isinstance(value, list | tuple):
            return type(value)(map(self.read, value))
        return value

    def _compare(self, pointer: int) -> None:
        """See to it that a record is what it was, part by part; of tensors that share it, once."""
        if pointer in self._compared:
            return
        self._compared.add(pointer)
        place, info = self._records[pointer]
        self._file.seek(place)
        found, left = 0, info.file_size
        while left:
            part = self._file.read(min(left, _PART))
            if not part:
                raise zipfile.BadZipFile(info.filename)
            found, left = zlib.crc32(part, found), left - len(part)
        if found != info.CRC:
            raise zipfile.BadZipFile(info.filename)

    def _storage(self, pointer: int) -> torch.UntypedStorage:
        import torch

        if pointer not in self._read:
            place, info = self._records[pointer]
            storage = torch.empty(info.file_size, dtype=torch.uint8)
            content: Any = storage.numpy()
            self._file.seek(place)
            if self._file.readinto(content) < info.file_size or zlib.crc32(content) != info.CRC:
                raise zipfile.BadZipFile(info.filename)
            self._read[pointer] = storage.untyped_storage()
        return self._read[pointer]


def _storages(value: Any) -> list[torch.UntypedStorage]:
    import torch

    if isinstance(value, torch.Tensor):
        return [value.untyped_storage()]
    inner = value.values() if isinstance(value, dict) else value
    return (
        [s for each in inner for s in _storages(each)]
        if isinstance(value, dict | list | tuple)
        else []
    )
