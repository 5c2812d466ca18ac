"""Which format a file of a corpus is in: by its name, or else by its first bytes."""

import json
import re
from pathlib import Path
from typing import Literal

from weitiao.errors import DataError
from weitiao.io.tables.formats import SUFFIXES
from weitiao.io.tables.unpack import ARCHIVES, bare_name, open_bytes, refuse_packed

Columned = Literal["jsonl", "json", "csv", "tsv", "parquet", "arrow"]
Kind = Literal["lines", Columned, "wikipedia", "wet"]
CorpusFormat = Literal["auto", Kind]
_NAMES: dict[str, Kind] = {
    **{
        suffix: kind
        for suffix, kind in SUFFIXES.items()
        if kind != "xlsx"
        and kind != "conll"
        and kind != "brat"
        and kind != "beir"
        and kind != "tmx"
        and kind != "moses"
        and kind != "folder"
    },
    ".txt": "lines",
    ".xml": "wikipedia",
    ".wet": "wet",
    ".warc": "wet",  # told apart by the type of its records
}
_RANGE = re.compile(r"-p\d+p\d+$")  # pages-articles1.xml-p1p187712, a part of a dump
_DUMP = re.compile(rb"(\xef\xbb\xbf)?\s*(<\?xml[^>]*>\s*)?<mediawiki")
_HEAD = 1 << 12  # bytes


def kind_of(path: Path) -> Kind:
    """The format that the name tells, or else the first bytes; "lines" if those tell none.

    Raises:
        DataError: the file is an archive, an Excel workbook, or packed without its name saying so.
    """
    suffix = Path(_RANGE.sub("", bare_name(path))).suffix.lower()
    if {path.suffix.lower(), suffix} & set(ARCHIVES):
        raise DataError("an archive is not read", file=path, hint="unpack it first")
    if SUFFIXES.get(suffix) == "xlsx":
        hint = "save it as CSV"
        raise DataError("a workbook of Excel is not read as a corpus", file=path, hint=hint)
    return _NAMES.get(suffix) or _by_content(path)


def _by_content(path: Path) -> Kind:
    with open_bytes(path) as file:
        head = file.read(_HEAD)
    refuse_packed(path, head)
    if head.startswith(b"PAR1"):
        return "parquet"
    if head.startswith(b"ARROW1"):
        return "arrow"
    if head.startswith(b"WARC/"):
        return "wet"
    if _DUMP.match(head):
        return "wikipedia"
    if re.match(rb"\s*\[\s*\{", head):
        return "json"
    return "jsonl" if _is_object(head.partition(b"\n")[0]) else "lines"


def _is_object(line: bytes) -> bool:
    """Whether a line is a JSON object; of a longer one only the beginning is known."""
    if len(line) == _HEAD:
        return re.match(rb'\s*\{\s*"', line) is not None
    try:
        return isinstance(json.loads(line), dict)
    except (ValueError, RecursionError):
        return False
