"""Data sets of Hugging Face, by folder or by name, as the files in which they lie on disk."""

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa

from weitiao.errors import ConfigError, DataError, MissingExtra, shell_word
from weitiao.io.hub import only_local
from weitiao.io.tables.columnar import class_names

_NAME = re.compile(r"hf:(?P<name>[^#:]+)(?::(?P<config>[^#]+))?(?:#(?P<split>.+))?")


def split_files(name: str) -> tuple[Path, ...]:
    """The files of a split, Arrow or Parquet.

    Args:
        name: ``hf:NAME#SPLIT`` or ``hf:NAME:CONFIG#SPLIT``, where NAME is a folder that
            ``save_to_disk`` wrote, a folder laid out as on the hub, or a name on the hub. Without
            ``#SPLIT`` there must be just one.

    Raises:
        ConfigError: there is no such data set, or no way to get it from here.
        DataError: it can't be read, or has no such split.
        MissingExtra: ``datasets`` is needed and not installed.
    """
    parts = _NAME.fullmatch(name)
    if parts is None:
        raise ConfigError(f"{name!r} names no data set\n  → hf:NAME#SPLIT")
    folder = Path(parts["name"])
    try:
        saved = _saved(folder)
    except (OSError, ValueError, LookupError, TypeError) as error:
        raise DataError(f"this is no data set that was saved whole: {error}", file=name) from error
    if saved and parts["config"]:
        raise ConfigError(f"{name}: a saved data set has no configurations\n  → hf:{folder}#SPLIT")
    splits = saved or _loaded(parts["name"], parts["config"])
    split = parts["split"] or (next(iter(splits)) if len(splits) == 1 else None)
    if split not in splits:
        raise DataError(
            f"the splits of this data set are {', '.join(splits)}",
            file=name,
            hint=f"say {shell_word(name.partition('#')[0] + '#' + next(iter(splits)))}",
        )
    return splits[split]


def _saved(folder: Path) -> dict[str, tuple[Path, ...]]:
    """The files of each split that ``save_to_disk`` wrote; none if it didn't."""
    if (folder / "dataset_dict.json").is_file():
        names = json.loads((folder / "dataset_dict.json").read_text("utf-8"))["splits"]
        return {name: _files(folder / name)[1] for name in names}
    if (folder / "state.json").is_file():
        name, files = _files(folder)
        return {name or "train": files}
    return {}


def _files(folder: Path) -> tuple[str | None, tuple[Path, ...]]:
    state = json.loads((folder / "state.json").read_text("utf-8"))
    files = tuple(folder / file["filename"] for file in state["_data_files"])
    for path in files:
        if not path.is_file():
            raise FileNotFoundError(f"there is no {path}")
    return state.get("_split"), files


def _loaded(name: str, config: str | None) -> dict[str, tuple[Path, ...]]:
    """The files of each split in the cache of `datasets`, which fills it if need be.

    Where Parquet files number their classes each in its own way, those files: `datasets` reads all
    numbers by the names of the first one.
    """
    try:
        import datasets
    except ImportError as error:
        raise MissingExtra("datasets", "datasets", f"reading hf:{name}") from error
    is_folder = Path(name).is_dir()
    offline = not is_folder and only_local(name, f"hf:{name}", "dataset")
    try:
        with _offline(datasets, offline):
            if is_folder and (files := _with_own_names(datasets, name, config)):
                return files
            loaded: dict[str, Any] = datasets.load_dataset(name, config)
    except DataError:
        raise
    except ConnectionError as error:
        raise ConfigError(
            f"the hub of Hugging Face doesn't answer, and its data set {name!r} is not on this"
            " machine\n  → load it once where there is a network, then name the folder:"
            f" datasets.load_dataset({name!r}).save_to_disk(FOLDER), hf:FOLDER#train"
        ) from error
    except Exception as error:  # it raises many kinds, for configurations, files and formats
        raise DataError(f"datasets can't load it: {error}", file=f"hf:{name}") from error
    return {
        split: tuple(Path(file["filename"]) for file in rows.cache_files)
        for split, rows in loaded.items()
    }


def _with_own_names(datasets: Any, name: str, config: str | None) -> dict[str, tuple[Path, ...]]:
    """The Parquet files of each split, if their classes differ; otherwise none.

    Raises:
        DataError: one of them has numbers without names.
    """
    import pyarrow.parquet as pq

    found = datasets.load_dataset_builder(name, config).config.data_files or {}
    files = {split: tuple(map(Path, paths)) for split, paths in found.items()}
    every = [path for paths in files.values() for path in paths]
    if any(path.suffix != ".parquet" or not path.is_file() for path in every):
        return {}
    schemas = {path: pq.read_schema(path) for path in every}
    columns = dict.fromkeys(column for schema in schemas.values() for column in class_names(schema))
    differing = [column for column in columns if _differ(column, schemas)]
    return files if differing else {}


def _differ(column: str, schemas: Mapping[Path, pa.Schema]) -> bool:
    """Whether files have different names for the numbers of a column.

    Raises:
        DataError: they have, and one has numbers but no names.
    """
    names = {path: class_names(schema).get(column) for path, schema in schemas.items()}
    told = {tuple(found): path for path, found in names.items() if found}
    if len(told) < 2:
        return False
    for path, schema in schemas.items():
        is_number = column in schema.names and pa.types.is_integer(schema.field(column).type)
        if is_number and names[path] is None:
            said = ", but ".join(f"{', '.join(n)} in {other}" for n, other in [*told.items()][:2])
            problem = f"the numbers have no names here; 0, 1, … are {said}"
            raise DataError(problem, file=path, column=column, hint="write names, not numbers")
    return True


@contextmanager
def _offline(datasets: Any, offline: bool) -> Iterator[None]:
    """Without an answer from the hub, let `datasets` go to its cache at once, not after 23 s."""
    before = datasets.config.HF_HUB_OFFLINE
    datasets.config.HF_HUB_OFFLINE = before or offline
    try:
        yield
    finally:
        datasets.config.HF_HUB_OFFLINE = before
