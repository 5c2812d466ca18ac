"""What a run that goes on must have in common with the one that was stopped."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from weitiao.errors import ConfigError
from weitiao.run.folder import RunFolder
from weitiao.run.parser import flat

FREE_ON_RESUME = ("data.batch.workers", "data.cache", "data.predict")
"""Values that may differ from those of the checkpoint, since they change no result."""


def with_config_of_checkpoint(arguments: list[str]) -> list[str]:
    """On resume, put the run's own config first, so that ``--ckpt_path`` alone is enough."""
    for i, argument in enumerate(arguments):
        name, given, value = argument.partition("=")
        if name == "--ckpt_path":
            path = value if given else (arguments[i + 1] if i + 1 < len(arguments) else "")
            folder = RunFolder.of_checkpoint(Path(path))
            return ["--config", os.fspath(folder.config), *arguments]
    return arguments


def refuse_other_place(folder: RunFolder, options: Mapping[str, Any]) -> None:
    """Stop before a run goes on elsewhere than the command line says.

    Args:
        folder: of the run.
        options: values of ``run``.

    Raises:
        ConfigError: another root or name is given than the run has.
    """
    then = yaml.safe_load(folder.config.read_text("utf-8"))["run"]
    for name in ("root", "name"):
        if options[name] != then[name]:
            raise ConfigError(
                f"run.{name} has no effect on resume: the run goes on in {folder.path}"
            )


def refuse_other_values(checkpoint: Mapping[str, Any], held: Mapping[str, Any]) -> None:
    """Stop before a run goes on with other values than it began with.

    Args:
        checkpoint: its content.
        held: hyper-parameters of ``model`` and ``data`` now.

    Raises:
        ConfigError: names the values that differ.
    """
    for group, key in (("model", "hyper_parameters"), ("data", "datamodule_hyper_parameters")):
        now, then = flat(dict(held[group]), group), flat(dict(checkpoint[key]), group)
        differing = [
            f"{name}: {then.get(name)} → {now.get(name)}"
            for name in now | then
            if now.get(name) != then.get(name) and not name.startswith(FREE_ON_RESUME)
        ]
        if differing:
            raise ConfigError(
                "the checkpoint was made with other values:\n  "
                + "\n  ".join(differing[:10])
                + "\n  → resume with --ckpt_path alone, or start a new run without it"
            )
