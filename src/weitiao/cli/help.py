"""What ``--help`` shows of a verb with many options: those that most people need, by rooms."""

from pathlib import Path
from textwrap import fill

from weitiao.config.commands import called, shipped

TEXTS = Path(__file__).with_name("help")
"""A file each verb; ``{name}`` in it stands for ``_name.txt``, which several verbs have."""
_TASKS = fill(f"{'  --task TASK':29}{', '.join(shipped('tasks'))}", 80, subsequent_indent=29 * " ")


def short_help(verb: str) -> str | None:
    """The help of a verb; null = its parser's shows all options there are."""
    path, prog = TEXTS / f"{verb}.txt", called(verb)
    if not path.is_file():
        return None
    text = path.read_text("utf-8")
    shared = {part.stem[1:]: part.read_text("utf-8") for part in TEXTS.glob("_*.txt")}
    for name, part in (shared | {"tasks": _TASKS, "prog": prog}).items():
        text = text.replace(f"{{{name}}}", part)
    return f"{text}\nall options: {prog} --help=all"
