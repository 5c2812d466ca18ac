"""What a run prints for people: values in effect, examples of augmentation, what to do next."""

from __future__ import annotations

import inspect
import shlex
from collections.abc import Mapping
from dataclasses import asdict, is_dataclass
from pathlib import Path
from pydoc import locate
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc
from rich.console import Console
from rich.table import Table
from rich.text import Text

from weitiao.config.commands import command, near, program
from weitiao.config.field_paths import with_options
from weitiao.config.parser import flat
from weitiao.training.run_folder import RunFolder

if TYPE_CHECKING:
    from weitiao.data.datamodule import DataModule

UNSAID = ("config", "data.seed")  # a list of files; seed_everything's
_LISTED = 6  # members of a list that is shown


def show_next_steps(run: RunFolder, console: Console, *, talks: bool = False) -> None:
    """Say where the run lies and what can be done with it.

    Args:
        talks: whether it can be talked to.
    """
    steps = (
        *([command("generate", "--model", run.path, "--chat", "true")] if talks else []),
        shlex.join([program("tensorboard"), "--logdir", str(run.path.parent)]),
        command("predict", "--ckpt_path", run.best, "--data.predict", "FILE"),
        command("tune", "--trials", "50", "--config", run.config),
    )
    lines = (f"run folder: {run.path}", "next:", *(f"  {step}" for step in steps))
    console.print("\n".join(lines), markup=False, soft_wrap=True)


def show_how_to_go_on(run: RunFolder, verb: str, console: Console) -> None:
    """Say what a run that was told to stop has saved, if it has."""
    if run.last.is_file():
        line = f"saved: {run.last}\n  → go on: {command(verb, '--ckpt_path', run.last)}"
        console.print(line, markup=False, soft_wrap=True)


def show_line(line: str, console: Console) -> None:
    """Print a line; one that begins with ``!`` is a warning."""
    console.print(with_options(line), markup=False, style="yellow" if line[0] == "!" else None)


def show_examples(examples: list[tuple[str, str]], console: Console) -> None:
    """Print texts before and after augmentation, a line each."""
    console.rule("augmentation, for example", align="left", style="none", characters="─")
    for before, after in examples:
        for mark, text in ((" ", before), ("→", after)):
            console.print(f"{mark} {' '.join(text.split())}", markup=False, no_wrap=True)
    if not examples:
        console.print("! none of the first texts is changed", style="yellow")


def show_new_rows(data: DataModule, split: str, texts: pa.ChunkedArray, out: Console) -> None:
    """Say how the rows of a split were read, and how well the input covers them."""
    for note in data.notes:
        show_line(f"! {note}", out)
    show_empty(count_empty(texts), len(texts), out)
    of_new = data.examined
    found = data.prepared.audit["encode"][split] if of_new is None else of_new
    for line in data.fitted.of_new_rows(split, found):
        show_line(line, out)


def count_empty(texts: pa.ChunkedArray) -> int:
    """Rows that need their place are not dropped, though cleaning leave nothing of them."""
    return pc.sum(pc.equal(pc.utf8_trim_whitespace(texts), "")).as_py() or 0


def show_empty(empty: int, count: int, out: Console) -> None:
    """Say how many of the texts are empty, if any is."""
    if empty:
        line = f"! {empty:,} of {count:,} texts are empty: the model answers, but to nothing"
        show_line(line, out)


def show_values(
    values: dict[str, Any], defaults: dict[str, Any], rest: Path, console: Console
) -> None:
    """Print the values that aren't the defaults, a paragraph per room.

    Args:
        values: flat, those in effect.
        defaults: flat; of a class that stands in place of the usual one, its own count.
        rest: the file that has them all.
    """
    usual = defaults | own_defaults(values, defaults)
    rooms: dict[str, list[str]] = {}
    for name, value in values.items():
        if name in UNSAID or value is None or _plain(value) == _plain(usual.get(name)):
            continue
        room, dot, option = name.replace(".init_args", "").partition(".")
        room, option = (room, option) if dot else ("", room)
        is_class = option.endswith(".class_path")
        shown = str(value).rpartition(".")[2] if is_class else _short(value)
        rooms.setdefault(room, []).append(f"{option.removesuffix('.class_path')}={shown}")
    table = Table.grid(padding=(0, 2))
    for room, options in rooms.items():
        table.add_row(Text(room, "cyan"), Text("  ".join(options)))
    console.rule("values other than the defaults", align="left", style="none", characters="─")
    console.print(table)
    console.print(f"all values: {near(rest)}", markup=False, soft_wrap=True)


def own_defaults(values: Mapping[str, Any], defaults: Mapping[str, Any]) -> dict[str, Any]:
    """The defaults of classes that stand in place of the usual ones, flat."""
    found: dict[str, Any] = {}
    for name, path in values.items():
        if not name.endswith(".class_path") or path == defaults.get(name):
            continue
        kind, above = locate(str(path)), name.removesuffix("class_path") + "init_args"
        of = inspect.signature(kind).parameters.values() if callable(kind) else ()
        for each in of:
            value = each.default
            if is_dataclass(value) and not isinstance(value, type):
                value = asdict(value)
            found |= flat(value, f"{above}.{each.name}")
    return found


def _plain(value: Any) -> Any:
    return [*value] if isinstance(value, list | tuple) else value


def _short(value: Any) -> str:
    if not isinstance(value, list | tuple):
        return str(value)
    more = ", …" if len(value) > _LISTED else ""
    return f"[{', '.join(map(str, value[:_LISTED]))}{more}]"
