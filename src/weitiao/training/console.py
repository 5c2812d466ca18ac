"""What a run prints for people: values in effect, examples of augmentation, what to do next."""

import shlex
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from rich.console import Console
from rich.table import Table
from rich.text import Text

from weitiao.config.commands import command, program
from weitiao.config.field_paths import told
from weitiao.data.datamodule import TextDataModule
from weitiao.training.run_folder import RunFolder


def show_next_steps(run: RunFolder, console: Console) -> None:
    """Say where the run lies and what can be done with it."""
    steps = (
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
    console.print(told(line), markup=False, style="yellow" if line[0] == "!" else None)


def show_examples(examples: list[tuple[str, str]], console: Console) -> None:
    """Print texts before and after augmentation, a line each."""
    console.rule("augmentation, for example", align="left", style="none", characters="─")
    for before, after in examples:
        for mark, text in ((" ", before), ("→", after)):
            console.print(f"{mark} {' '.join(text.split())}", markup=False, no_wrap=True)
    if not examples:
        console.print("! none of the first texts is changed", style="yellow")


def show_new_rows(data: TextDataModule, split: str, texts: pa.ChunkedArray, out: Console) -> None:
    """Say how the rows of a split were read, and how well the input covers them."""
    for note in data.notes:
        show_line(f"! {note}", out)
    # rows that need their place are not dropped, though cleaning leave nothing of them
    if empty := pc.sum(pc.equal(pc.utf8_trim_whitespace(texts), "")).as_py():
        line = f"! {empty:,} of {len(texts):,} texts are empty: the model answers, but to nothing"
        show_line(line, out)
    of_new = data.examined
    found = data.prepared.audit["encode"][split] if of_new is None else of_new
    for line in data.fitted.of_new_rows(split, found):
        show_line(line, out)


def show_values(values: dict[str, Any], defaults: dict[str, Any], console: Console) -> None:
    """Print the values in effect, a line per group, in bold what is not the default.

    Of the Trainer's many values, only those that were set are shown.
    """
    groups: dict[str, Text] = {}
    for name, value in values.items():
        usual = value == defaults.get(name)
        if value is None or name == "config" or (usual and name.startswith("trainer.")):
            continue
        group, _, option = name.rpartition(".")
        shown = f"[{', '.join(map(str, value))}]" if isinstance(value, list | tuple) else value
        line = groups.setdefault(group, Text())
        line.append(f"{option}={shown}", "" if usual else "bold").append("  ")
    table = Table.grid(padding=(0, 2))
    for group, line in groups.items():
        table.add_row(Text(group, "cyan"), line)
    console.rule("values in effect", align="left", style="none", characters="─")
    console.print(table)
