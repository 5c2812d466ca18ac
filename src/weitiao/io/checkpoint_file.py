"""Checkpoints as files: found, checked for damage, and read with nothing in them executed."""

import zipfile
from collections.abc import Collection
from pathlib import Path
from typing import Any

from weitiao.config.earlier_checkpoints import checkpoint_today, rename_data
from weitiao.config.earlier_names import renamed
from weitiao.errors import ConfigError
from weitiao.io.exported import MARK, read_exported
from weitiao.io.nearby import runs_near
from weitiao.io.torch_archive import read_archive


def checkpoint_of(run: Path) -> Path:
    """The best checkpoint of a run's folder, or what is one of an exported folder."""
    if not run.is_dir():
        return run
    exported = run / MARK
    return exported if exported.is_file() else run / "checkpoints" / "best.ckpt"


class Damaged(ConfigError):
    """A checkpoint that was whole once, and is not any more."""


def load_checkpoint(
    path: Path,
    data: str = "DataModule",
    without: Collection[str] = (),
    *,
    mapped: bool = False,
) -> dict[str, Any]:
    """The content of a checkpoint of ours, with nothing in it executed.

    Args:
        data: class of the DataModule that it was made with.
        without: names of parts that aren't read.
        mapped: as `read_archive` has it.

    Raises:
        Damaged: the file is cut off, or bits of it have changed.
        ConfigError: it is absent, or not made by this project.
    """
    if not path.is_file():
        raise ConfigError(f"no such checkpoint: {path}", hint=runs_near(path))
    if path.name == MARK:
        return _today(read_exported(path), data)
    damaged = f"{path} can't be read: the file is broken, or cut off"
    if _is_cut_off(path):
        raise Damaged(damaged)
    try:
        content = read_archive(path, without, mapped=mapped)
    except zipfile.BadZipFile as error:
        raise Damaged(damaged) from error
    except (OSError, MemoryError):
        raise
    except Exception as error:  # torch raises many kinds for what it didn't write
        raise ConfigError(
            f"{path} is no checkpoint, or holds more than tensors and plain values"
            "\n  → nothing of it was loaded, since that could run code of its maker"
        ) from error
    if isinstance(content, dict):
        rename_data(content)
    needed = ("state_dict", "hyper_parameters", "datamodule_hyper_parameters", data)
    missing = [key for key in needed if not isinstance(content, dict) or key not in content]
    if missing:
        raise ConfigError(f"{path} is no checkpoint of weitiao (it lacks {', '.join(missing)})")
    return _today(content, data)


def _today(content: dict[str, Any], data: str) -> dict[str, Any]:
    content |= {"hyper_parameters": renamed(content["hyper_parameters"])}
    if data != "DataModule":  # options of pretraining have the names they always had
        return content
    return checkpoint_today(content)


def _is_cut_off(path: Path) -> bool:
    """Whether a file that torch began to write has no end."""
    with path.open("rb") as file:
        begin = file.read(4)
    begun = begin in (b"PK\3\4"[: len(begin)], bytes(len(begin)))
    return begun and not zipfile.is_zipfile(path)
