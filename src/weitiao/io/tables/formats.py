"""The formats of files: how they are recognised, and which options apply to which."""

import glob
import json
from pathlib import Path
from typing import get_args

from weitiao.errors import DataError, shell_word
from weitiao.io.tables.options import FileFormat
from weitiao.io.tables.source import Source
from weitiao.io.tables.text_file import head_of
from weitiao.io.tables.unpack import ARCHIVES, COMPRESSED, bare_name

SUFFIXES: dict[str, FileFormat] = {
    ".csv": "csv",
    ".tsv": "tsv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "json",
    ".parquet": "parquet",
    ".arrow": "arrow",
    ".feather": "arrow",
    ".xlsx": "xlsx",
    ".xlsm": "xlsx",
    ".tmx": "tmx",
    **dict.fromkeys((".conll", ".iob", ".iob2", ".bio", ".bmes"), "conll"),
}
BINARY = ("parquet", "arrow", "xlsx")
ENCODED = (*BINARY, "tmx")
"""Formats that say themselves in which encoding they are, as far as they are text."""
OF_SPANS = ("conll", "brat")
_OTHER_WORKBOOKS = (".xls", ".xlsb", ".ods", ".numbers", ".et")
_LINES_SEEN = 20  # at the beginning, for a file to tell its form
ONLY_FOR = {"header": ("csv", "tsv", "xlsx"), "separator": ("csv", "tsv"), "sheet": ("xlsx",)}


def format_of(path: Path) -> FileFormat:
    """The format that the suffix tells.

    Raises:
        DataError: it tells none.
    """
    name = Path(bare_name(path))
    if name.suffix.lower() in SUFFIXES:
        return SUFFIXES[name.suffix.lower()]
    if {path.suffix.lower(), name.suffix.lower()} & set(ARCHIVES):
        raise DataError("an archive is not read", file=path, hint="unpack it first")
    if name.suffix.lower() in (".db", ".sqlite", ".sqlite3"):
        database = shell_word(str(path))
        hint = f"{{--train}} 'SELECT text, label FROM …' {{--database}} {database}"
        raise DataError("a database is read by a query", file=path, hint=hint)
    if name.suffix.lower() in _OTHER_WORKBOOKS:
        problem = f"a workbook that ends in {name.suffix} is not read"
        raise DataError(problem, file=path, hint="save it as .xlsx or CSV")
    *others, last = get_args(FileFormat)
    raise DataError(
        f"the suffix {name.suffix!r} doesn't tell the format",
        file=path,
        hint=f"name it: {{--format}} {', '.join(others)} or {last}{_aligned_with(path, name)}",
    )


def _aligned_with(path: Path, name: Path) -> str:
    """The way out where a text file of the same name, in another language, lies beside this one."""
    packing = path.name.removeprefix(name.name)
    beside = path.parent.glob(f"{glob.escape(name.stem)}.*{glob.escape(packing)}")
    ends = {each.name.removesuffix(packing).removeprefix(name.stem) for each in beside}
    known = {name.suffix, *SUFFIXES, *COMPRESSED, *ARCHIVES}
    others = sorted(end for end in ends if end.count(".") == 1 and end.lower() not in known)
    if not others or path.suffix.lower() == ".zip":
        return ""
    both = path.with_name(f"{name.stem}.{{{name.suffix[1:]},{others[0][1:]}}}{packing}")
    return f"; as one of aligned files: {{--train}} {shell_word(str(both))}"


def by_content(source: Source) -> FileFormat:
    """The format of a JSON file whose suffix may tell the other one, as happens with questions.

    Several lines that are objects each are JSON Lines; where none of the first is one, a document.
    """
    if source.format not in ("json", "jsonl"):
        return source.format
    lines = [line for line in head_of(source).split("\n") if line.strip()][:_LINES_SEEN]
    whole = [_is_object(line) for line in lines]
    if len(whole) > 1 and all(whole[:2]):
        return "jsonl"
    is_document = not any(whole) and (len(lines) > 1 or (lines[:1] and lines[0].startswith("[")))
    return "json" if is_document else source.format


def _is_object(text: str) -> bool:
    try:
        return isinstance(json.loads(text), dict)
    except (ValueError, RecursionError):
        return False
