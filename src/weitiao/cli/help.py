"""What ``--help`` shows of a verb: the options that most people need, by rooms, or all of them.

Both are files, since the parsers that know the options take seconds to import.
"""

from pathlib import Path
from textwrap import fill

from weitiao.config.commands import called, shipped

TEXTS = Path(__file__).with_name("help")
"""A file each verb; ``{name}`` in it stands for ``_name.txt``, which several verbs have."""
ALL = TEXTS / "all"
"""A file each verb, of all its options; `docs/write_options.py` writes them."""
SAME = {"train": "fit"}
"""Verbs that have another one's options."""
_TASKS = fill(f"{'  --task TASK':29}{', '.join(shipped('tasks'))}", 80, subsequent_indent=29 * " ")


def short_help(verb: str) -> str | None:
    """The help of a verb; null = it has so few options that it shows all of them."""
    path, prog = TEXTS / f"{verb}.txt", called(verb)
    if not path.is_file():
        return None
    text = path.read_text("utf-8")
    shared = {part.stem[1:]: part.read_text("utf-8") for part in TEXTS.glob("_*.txt")}
    for name, part in (shared | {"tasks": _TASKS, "prog": prog}).items():
        text = text.replace(f"{{{name}}}", part)
    return f"{text}\nall options: {prog} --help=all"


def full_help(verb: str) -> str:
    """All options of a verb."""
    text = (ALL / f"{SAME.get(verb, verb)}.txt").read_text("utf-8")
    return text.replace("{prog}", called(verb))
