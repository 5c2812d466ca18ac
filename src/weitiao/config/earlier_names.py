"""Options and classes under the names that they had before: as typed, in YAML, in checkpoints."""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterable, Mapping
from typing import Any

import yaml

from weitiao import distributed
from weitiao.config.presets import merged, values_of
from weitiao.config.strict_yaml import strict

_BACKBONES, _PRETRAINING = "weitiao.models.backbones", "weitiao.pretraining"
CLASSES = {
    "weitiao.models.backbones.Transformer": f"{_BACKBONES}.transformer.Transformer",
    "weitiao.models.bag.Bag": f"{_BACKBONES}.bag.Bag",
    "weitiao.models.language_networks.Continued": f"{_PRETRAINING}.networks.Continued",
    "weitiao.models.language_networks.Scratch": f"{_PRETRAINING}.networks.Scratch",
    "weitiao.models.pretrained.Pretrained": f"{_BACKBONES}.pretrained.Pretrained",
    "weitiao.models.recurrent.Recurrent": f"{_BACKBONES}.recurrent.Recurrent",
    "weitiao.models.textcnn.TextCNN": f"{_BACKBONES}.textcnn.TextCNN",
    "weitiao.run.early_stopping.StopEarly": "weitiao.training.early_stopping.StopEarly",
}
"""Classes that a configuration names, by the path that they had before."""
_INPUT = ("text", "pair", "clean", "segment", "encode", "augment", "linear")
_OBJECTIVE = ("pooling", "head", "loss", "wide", "decision", "calibrate", "linear_share")
RENAMED: dict[str, str] = {
    **{f"data.{name}": f"data.input.init_args.{name}" for name in _INPUT},
    "data.label": "data.target.init_args.label",
    "data.label_separator": "data.target.init_args.separator",
    "data.labels": "data.target.init_args.labels",
    "data.task": "task",
    **{f"model.{name}": f"model.objective.init_args.{name}" for name in _OBJECTIVE},
}
"""Earlier option → the one that takes its place; what lies below it moves along.

An option of a class stands below ``init_args``, as in a configuration.
"""
UNSAID: dict[str, Any] = {
    "data.label_separator": "auto",
    "data.labels": None,
    "model.loss.kind": None,
    "model.loss.label_smoothing": 0.0,
    "model.loss.focus": 2.0,
    "model.loss.huber_delta": 1.0,
    "model.loss.class_weights": "none",
    "model.decision.threshold": "one",
    "model.decision.at_least": 0,
    "model.decision.at_most": None,
}
"""What earlier options say by default. A configuration that was written down holds it for all of
them, though not every class has an option in its place: there it is left out."""

_told: set[str] = set()  # of this process, so that a search tells it once


def renamed(value: Any) -> Any:
    """Plain values with each class path as it is now; what is none stays as it is."""
    if isinstance(value, str):
        return CLASSES.get(value, value)
    if isinstance(value, dict):
        return {key: renamed(item) for key, item in value.items()}
    return [renamed(item) for item in value] if isinstance(value, list) else value


def renamed_arguments(arguments: list[str], known: Collection[str] = ()) -> list[str]:
    """A command line under today's names; which ones are new, is told on standard error.

    Args:
        arguments: as typed, values after ``=`` or as words of their own.
        known: options that a command has, with their dashes; these keep their names.
    """
    words, found, group = [], list[str](), ""
    for word in arguments:
        option, given, value = word.partition("=")
        name = option[2:] if option.startswith("--") else ""
        if old := _entry(name, known):
            found.append(old)
            word = f"--{_now(name, old).replace('.init_args', '')}{given}{value}"
        elif given and (now := _group(name, value, known, found)):
            word = f"{option}={now}"
        elif group and (now := _group(group, word, known, found)):
            word = now
        group = "" if given else name
        words.append(word)
    _tell(found)
    return words


def renamed_key(key: str) -> str:
    """A dotted key of a configuration as it is called today; tells if that is new."""
    if old := _entry(key.replace(".init_args", ""), ()):
        _tell([old])
        return _now(key.replace(".init_args", ""), old)
    return key


def renamed_values(
    values: Mapping[str, Any], known: Collection[str] = (), *, tell: bool = True
) -> dict[str, Any]:
    """A configuration, nested or under dotted keys, with each value where it stands today.

    One that names its task has the classes that belong to it.

    Args:
        values: as YAML has them.
        known: options that a command has, with their dashes; these keep their names.
        tell: whether to tell on standard error which names are new.
    """
    result: dict[str, Any] = {}
    found: list[str] = []
    _move(values, "", result, known, found)
    if tell:
        _tell(found)
    task = result.get("task")
    return merged(values_of("task", task), result) if isinstance(task, str) else result


def _group(name: str, value: str, known: Collection[str], found: list[str]) -> str | None:
    """The options of a group as one mapping under today's names; null = it is none."""
    if not value.startswith("{") or not any(old.startswith(f"{name}.") for old in RENAMED):
        return None
    try:
        values = yaml.load(value, strict(yaml.SafeLoader))
    except (ValueError, yaml.YAMLError):  # the parser will tell
        return None
    result: dict[str, Any] = {}
    before = len(found)
    _move({name: values}, "", result, known, found)
    if len(found) == before:
        return None
    now = yaml.safe_dump(result[name], allow_unicode=True, default_flow_style=True, width=10**6)
    return now.strip()


def _move(
    values: Mapping[str, Any],
    above: str,
    result: dict[str, Any],
    known: Collection[str],
    found: list[str],
) -> None:
    """Put values, which stand below ``above``, where they belong; ``found`` gets their entries."""
    for key, value in values.items():
        name = f"{above}.{key}" if above else str(key)
        bare = name.replace(".init_args", "")
        old = _entry(bare, known)
        below = any(other.startswith(f"{bare}.") for other in (*RENAMED, *UNSAID))
        if value and isinstance(value, dict) and below:
            _move(value, name, result, known, found)
        elif old is None:
            _put(result, name.split(".") if above else [name], value)
        elif bare not in UNSAID or value != UNSAID[bare]:
            found.append(old)
            _put(result, _now(bare, old).split(".") if above else [_now(bare, old)], value)


def _put(result: dict[str, Any], names: list[str], value: Any) -> None:
    """Set a value; a mapping is added to the one that is there."""
    *above, last = names
    for part in above:
        if not isinstance(below := result.get(part), dict):
            below = {} if below is None else {"class_path": below}  # a class by its name
        result[part] = below
        result = below
    held = result.get(last)
    if isinstance(held, dict) and isinstance(value, str):
        value = {"class_path": value}
    result[last] = held | value if isinstance(held, dict) and isinstance(value, dict) else value


def _entry(name: str, known: Collection[str]) -> str | None:
    """The entry of the table that an option falls under; null = it keeps its name."""
    parts = name.split(".")
    starts = [".".join(parts[:end]) for end in range(len(parts), 0, -1)]
    old = next((start for start in starts if start in RENAMED), None)
    return None if old is None or {f"--{old}", f"--{name}"} & set(known) else old


def _now(name: str, old: str) -> str:
    return RENAMED[old] + name.removeprefix(old)


def _tell(found: Iterable[str]) -> None:
    """Name the new words, each once a process."""
    new = [old for old in dict.fromkeys(found) if old not in _told]
    _told.update(new)
    if new and distributed.first():
        words = ", ".join(f"{old} → {RENAMED[old].replace('.init_args', '')}" for old in new)
        print(f"! renamed, the old names go with the next version: {words}", file=sys.stderr)
