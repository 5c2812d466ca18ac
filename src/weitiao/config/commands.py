"""Command lines that are printed for people: they work from where the person stands."""

import os
import shlex
import shutil
import sys
from pathlib import Path

from weitiao.config.own_code import OPTION, allowed

SCRIPTS = Path(__file__).parents[2]
"""The folder of train.py, tune.py, …, in a checkout."""
_PLACES = (SCRIPTS.parent / "configs", Path(sys.prefix, "share", "weitiao", "configs"))
CONFIGS = next((place for place in _PLACES if place.is_dir()), _PLACES[0])
"""The YAML files: of the checkout, or where a wheel puts them."""
_CONSOLE = "weitiao"  # the command that has all verbs


def shipped(folder: str) -> list[str]:
    """The names of the YAML files in a folder of `CONFIGS`."""
    return sorted(path.stem for path in (CONFIGS / folder).glob("*.yaml"))


def near(path: Path) -> str:
    """A path as it is found from the present folder: below it relative, else absolute."""
    path = Path(os.path.abspath(path))
    here = Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)


def called(verb: str) -> str:
    """What a verb is called in messages: ``weitiao fit``, or by its script, ``train.py fit``."""
    return f"{_CONSOLE} {verb}" if _by_console() else " ".join(_of_script(verb))


def command(verb: str, *arguments: str | os.PathLike[str]) -> str:
    """The command line of a verb: of our script, or of ``weitiao`` where the package is installed.

    Args:
        verb: its name, such as ``fit``.
        arguments: what follows it; quoted for a shell where need be.
    """
    words = [os.fspath(argument) for argument in arguments]
    if verb in ("train", "fit", "test", "predict", "tune", "compare"):
        words += [word for name in allowed() for word in (OPTION, name)]
    script, *rest = _of_script(verb)
    file, console = SCRIPTS / script, Path(sys.executable).with_name(_CONSOLE)
    here = file.is_file() and file.is_relative_to(Path.cwd())
    if _by_console() or not file.is_file() or (console.exists() and not here):
        return shlex.join([program(_CONSOLE), verb, *words])
    return shlex.join([program("python"), near(file), *rest, *words])


def program(name: str) -> str:
    """A program of this environment: its name if a shell finds it by that, else its path."""
    beside = Path(sys.executable).with_name(name)
    found = shutil.which(name)
    if found and Path(os.path.abspath(found)).parent == beside.parent:
        return name
    return near(beside)


def _by_console() -> bool:
    return Path(sys.argv[0]).name == _CONSOLE


def _of_script(verb: str) -> list[str]:
    """The script of a verb, and the verb where the script has several."""
    in_train = verb in ("train", "fit", "test", "predict")
    return ["train.py", verb] if in_train else [f"{verb.replace('-', '_')}.py"]
