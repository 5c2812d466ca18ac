"""Files that go into an exported folder and run there without weitiao."""

import shutil
from pathlib import Path


def put(name: str, folder: Path) -> None:
    """Copy one of these files into a folder."""
    shutil.copyfile(file_of(name), folder / name)


def file_of(name: str) -> Path:
    """One of these files; some can't be imported here, since they import their neighbours there."""
    return Path(__file__).with_name(name)
