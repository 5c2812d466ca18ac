"""Command lines that are printed for people: they work from where the person stands."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
from pathlib import Path

SCRIPTS = Path(__file__).parents[2]
"""The folder of train.py, tune.py, …, in a checkout."""
_PLACES = (SCRIPTS.parent / "configs", Path(sys.prefix, "share", "weitiao", "configs"))
CONFIGS = next((place for place in _PLACES if place.is_dir()), _PLACES[0])
"""The YAML files: of the checkout, or where a wheel puts them."""


def near(path: Path) -> str:
    """A path as it is found from the present folder: below it relative, else absolute."""
    path = Path(os.path.abspath(path))
    here = Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)


def command(script: str, *arguments: str | os.PathLike[str]) -> str | None:
    """The command line of one of our scripts; null = there is none where the package is installed.

    Args:
        script: its name, such as ``train``, whose verbs the console command ``weitiao`` has as
            well.
        arguments: what follows it; quoted for a shell where need be.
    """
    words = [os.fspath(argument) for argument in arguments]
    file, console = SCRIPTS / f"{script}.py", Path(sys.executable).with_name("weitiao")
    here = file.is_file() and file.is_relative_to(Path.cwd())
    if script == "train" and console.exists() and not here:
        return shlex.join([program("weitiao"), *words])
    return shlex.join([program("python"), near(file), *words]) if file.is_file() else None


def program(name: str) -> str:
    """A program of this environment: its name if a shell finds it by that, else its path."""
    beside = Path(sys.executable).with_name(name)
    found = shutil.which(name)
    if found and Path(os.path.abspath(found)).parent == beside.parent:
        return name
    return near(beside)
