"""From paths and globs to the files on this machine."""

import difflib
import glob
import os
import re
from dataclasses import dataclass
from pathlib import Path

from weitiao.errors import DataError, shell_word
from weitiao.io.tables.folders import SUFFIXES, holds_rows
from weitiao.io.tables.options import FileFormat

Files = str | list[str]
"""A path, a glob, aligned files (``train.{en,zh}``), ``hf:NAME#SPLIT`` or a SQL query, or a list
of them."""
_ALIGNED = re.compile(r"([^{}]*)\{([^{},]+(?:,[^{},]+)+)\}([^{}]*)")
_QUERY = re.compile(r"\s*(select\s.+\sfrom|with\s.+\sas)\b", re.IGNORECASE | re.DOTALL)


@dataclass(frozen=True)
class SourceFiles:
    """One source of rows.

    Args:
        name: what it is called in errors, in the quarantine and in the column ``file``.
        files: the files that hold its rows, in order; but for a data set and aligned files just
            one, for brat the text and, where there is one, its annotation.
        format: their format, where it isn't for the user to say.
    """

    name: str
    files: tuple[Path, ...]
    format: FileFormat | None = None


Named = Files | list[SourceFiles]
"""What a person names, or the files that it was found to be."""


def names_of(files: Files) -> list[str]:
    """The names, one or several."""
    return [files] if isinstance(files, str) else list(files)


def is_dataset(name: str) -> bool:
    """Whether the name is that of a data set of Hugging Face."""
    return name.startswith("hf:")


def is_query(name: str) -> bool:
    """Whether the name is a SQL query, or a file that holds one."""
    return name.lower().endswith(".sql") or _QUERY.match(name) is not None


def parts_of_name(name: str) -> tuple[str, list[str], str] | None:
    """What stands before the braces, in them, and behind them, in a name of aligned files; null =
    the name is none, or is that of one file."""
    found = _ALIGNED.fullmatch(name)
    if found is None or Path(name).exists():
        return None
    return found[1], [part.strip() for part in found[2].split(",")], found[3]


def inputs_of(name: str) -> list[SourceFiles]:
    """The files that a path, a glob or a name of aligned files means, each glob's in sorted order.

    Raises:
        DataError: one is missing, or a pattern stands in the braces of aligned files or behind.
    """
    parts = parts_of_name(name)
    if parts is None:
        return [SourceFiles(str(path), (path,), _form_of(path)) for path in _find(name)]
    before, names, behind = parts
    if glob.has_magic("".join([*names, behind])):
        problem = "in braces, and behind them, names are written out"
        raise DataError(problem, file=name, hint="a pattern may stand before them: '*.{en,zh}'")
    found = []
    for path in _find(f"{before}{names[0]}{behind}"):
        stem = str(path).removesuffix(f"{names[0]}{behind}")
        others = (each for other in names[1:] for each in _find(f"{stem}{other}{behind}"))
        whole = f"{stem}{{{','.join(names)}}}{behind}"
        found.append(SourceFiles(whole, (path, *others), "moses"))
    return found


def _form_of(path: Path) -> FileFormat | None:
    return "folder" if path.is_dir() and holds_rows(path) else None


def expand(files: Files, *, folders: bool = False) -> list[Path]:
    """The files that paths and globs name, each glob's in sorted order.

    Data sets and queries that are written out are no files, and left out.

    Args:
        folders: whether a folder of pictures counts as a file.

    Raises:
        DataError: one is missing, empty, a folder without pictures, unreadable or named twice, or a
            glob finds nothing.
    """
    if not files:
        raise DataError("no file is named", hint="{--train} FILE; {--files} FILE")
    names = [n for n in names_of(files) if not (is_dataset(n) or _QUERY.match(n))]
    sources = [each for name in names for each in inputs_of(name)]
    paths = [path for each in sources for path in each.files]
    whole = {each.files[0] for each in sources if folders and each.format == "folder"}
    seen: set[Path] = set()
    for path in paths:
        if path in seen:
            raise DataError("the file is named twice", file=path)
        if path in whole:
            seen.add(path)
            continue
        if not path.is_file():
            raise DataError("this is not a file", file=path, hint=_instead_of(path))
        if not os.access(path, os.R_OK):
            raise DataError("the file may not be read", file=path, hint="see its permissions")
        seen.add(path)
        if path.stat().st_size == 0:
            raise DataError("the file is empty", file=path)
    return paths


def _instead_of(folder: Path) -> str | None:
    if not folder.is_dir():
        return None
    saved = {"dataset_dict.json", "state.json"} & set(os.listdir(folder))
    if saved:
        return f"a data set: {shell_word(f'hf:{folder}#train')}"
    if holds_rows(folder):
        return "pictures or sounds: {--task} pictures; {--task} sounds"
    rows = f"a folder of pictures or sounds has some in it ({', '.join(SUFFIXES)})"
    return f"name its files: {shell_word(f'{folder}/*.csv')}; {rows}"


def _find(name: str) -> list[Path]:
    path = Path(name)
    if path.exists():
        return [path]
    if glob.has_magic(name):
        found = _matching(_with_literal_folders(name)) or _matching(name.replace("[", "[[]"))
        if not found:
            hint = "a [ that stands for itself is written [[]" if "[" in name else None
            raise DataError("no file fits this pattern", file=name, hint=hint)
        return found
    if path.is_symlink():
        raise DataError(f"the link leads to no file: {path.readlink()}", file=name)
    siblings = os.listdir(path.parent) if path.parent.is_dir() else []
    near = difflib.get_close_matches(path.name, siblings, n=1)
    hint = f"did you mean {shell_word(str(path.parent / near[0]))}?" if near else None
    raise DataError("there is no such file", file=name, hint=hint)


def _matching(pattern: str) -> list[Path]:
    return sorted(path for path in map(Path, glob.glob(pattern, recursive=True)) if path.is_file())


def _with_literal_folders(pattern: str) -> str:
    """The pattern, in which the first folders, as far as they exist, are no patterns."""
    folder, rest = Path(), Path(pattern).parts
    while rest and (folder / rest[0]).is_dir():
        folder, rest = folder / rest[0], rest[1:]
    return str(Path(glob.escape(str(folder)), *rest))
