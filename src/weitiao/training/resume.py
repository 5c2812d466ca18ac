"""Resuming a run: from which checkpoint, and which values may not have changed."""

import itertools
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import lightning.pytorch as L
import yaml
from jsonargparse import ArgumentError, ArgumentParser
from rich.console import Console

from weitiao.card import DataCard
from weitiao.config.parser import flat
from weitiao.config.serialization import plain
from weitiao.errors import ConfigError
from weitiao.io.checkpoint_file import Damaged, load_checkpoint
from weitiao.training.checkpointing import PREVIOUS
from weitiao.training.run_folder import RunFolder

FREE_ON_RESUME = ("data.batch.workers", "data.cache", "data.predict")
"""Values that may differ from those of the checkpoint, since they change no result."""


def with_config_of_checkpoint(arguments: list[str]) -> list[str]:
    """On resume, put the run's own config first, so that the checkpoint alone is enough.

    With a run's folder the command is the whole one with which the run began; it goes on from the
    last checkpoint there, if there is one.

    Raises:
        ConfigError: both are given, or there is no such checkpoint.
    """
    checkpoint, own = (given(arguments, name) for name in ("--ckpt_path", "--run.folder"))
    if own is not None:
        if checkpoint is not None:
            problem, hint = "lies in a run's folder", "leave {--run.folder} out"
            raise ConfigError(problem, field="ckpt_path", hint=hint)
        last = Path(own, "checkpoints", "last.ckpt")
        return [*arguments, f"--ckpt_path={last}"] if last.is_file() else arguments
    if checkpoint is None:
        return arguments
    folder = RunFolder.of_checkpoint(Path(checkpoint))
    return ["--config", os.fspath(folder.config), *arguments]


def given(arguments: list[str], option: str) -> str | None:
    """The value of an option on the command line; the last one counts; null = it isn't there."""
    value = None
    for argument, after in itertools.zip_longest(arguments, arguments[1:], fillvalue=""):
        name, given, own = argument.partition("=")
        if name == option:
            value = own if given else after
    return value


def go_on_from(
    path: Path,
    options: Mapping[str, Any],
    model: L.LightningModule,
    data: L.LightningDataModule,
    console: Console,
) -> tuple[RunFolder, str]:
    """The run that goes on, and the checkpoint that it goes on from.

    Args:
        model: as it is now; its hyper-parameters are compared, and those of ``data``.

    Raises:
        ConfigError: it can't be read or is none of ours, or the run had other values.
    """
    folder = RunFolder.of_checkpoint(path)
    refuse_other_place(folder, options)
    found, content = readable(path, console, type(data).__name__)
    if "optimizer_states" not in content:
        problem = f"{found} is for use: it holds no state of the optimiser to continue with"
        raise ConfigError(problem, hint=f"{{--ckpt_path}} {folder.last}")
    refuse_other_values(content, model, data)
    return folder, str(found)


def readable(path: Path, console: Console, data: str = "DataModule") -> tuple[Path, dict[str, Any]]:
    """A checkpoint to go on from, with its content; if ``last.ckpt`` is damaged, the one before.

    Raises:
        Damaged: it is damaged and there is none before it, or that is damaged, too.
        ConfigError: it is no checkpoint of ours; then none takes its place.
    """
    previous = path.with_name(PREVIOUS)
    try:
        return path, load_checkpoint(path, data)
    except Damaged as damage:
        if path.name != "last.ckpt" or not previous.is_file():
            raise
        try:
            content = load_checkpoint(previous, data)
        except Damaged as both:
            raise Damaged(f"{damage}; so is {previous}") from both
        console.print(
            f"! {damage}\n  → going on from the one before it, {previous}",
            markup=False,
            soft_wrap=True,
            style="yellow",
        )
        return previous, content


def refuse_other_place(folder: RunFolder, options: Mapping[str, Any]) -> None:
    """Stop before a run goes on elsewhere than the command line says; ``folder`` can't.

    Raises:
        ConfigError: another root or name is given than the run has.
    """
    then = yaml.safe_load(folder.config.read_text("utf-8"))["run"]
    for name in ("root", "name"):
        if options[name] != then[name]:
            raise ConfigError(
                f"has no effect on resume: the run goes on in {folder.path}", field=f"run.{name}"
            )


def refuse_other_values(
    checkpoint: Mapping[str, Any], model: L.LightningModule, data: L.LightningDataModule
) -> None:
    """Stop before a run continues with other values than it began with.

    Raises:
        ConfigError: names the values that differ.
    """
    groups = {"model": ("hyper_parameters", model), "data": ("datamodule_hyper_parameters", data)}
    for group, (key, part) in groups.items():
        now = flat(dict(part.hparams), group)
        then = flat(_whole(checkpoint[key], type(part)), group)
        differing = [
            f"{name}: {then.get(name)} → {now.get(name)}"
            for name in now | then
            if now.get(name) != then.get(name) and not name.startswith(FREE_ON_RESUME)
        ]
        if differing:
            raise ConfigError(
                "the checkpoint was made with other values:\n  " + "\n  ".join(differing[:10]),
                hint="resume with {--ckpt_path} alone, or start a new run without it",
            )


def _whole(then: Mapping[str, Any], kind: type) -> dict[str, Any]:
    """A checkpoint's values; what an earlier version didn't know of is as it is by default."""
    own = {name: value for name, value in then.items() if name != "card" and name[:1] != "_"}
    parser = ArgumentParser(exit_on_error=False)
    parser.add_class_arguments(kind, "part", fail_untyped=False, skip={"card"})
    try:
        whole = dict(then) | plain(parser.parse_object({"part": own}).part.as_dict())
    except ArgumentError as error:
        reason = " ".join(str(error).split())[:300]
        raise ConfigError(
            f"the checkpoint doesn't fit this version of weitiao: {reason}"
        ) from error
    if "input" in whole.get("card", ()):  # pretraining has a card of its own
        whole["card"] = DataCard.of(whole["card"]).plain()
    return whole
