"""Options and classes under the names that they had before: as typed, in YAML, in checkpoints."""

import sys
from collections.abc import Collection, Mapping
from functools import reduce
from operator import getitem
from typing import Any

import yaml

from weitiao import distributed
from weitiao.config.presets import merged, values_of
from weitiao.config.strict_yaml import strict

_BACKBONES, _PRETRAINING = "weitiao.models.backbones", "weitiao.pretraining"
_OBJECTIVES = "weitiao.objectives"
CLASSES = {
    "weitiao.models.backbones.Transformer": f"{_BACKBONES}.transformer.Transformer",
    "weitiao.models.bag.Bag": f"{_BACKBONES}.bag.Bag",
    "weitiao.models.language_networks.Continued": f"{_PRETRAINING}.networks.Continued",
    "weitiao.models.language_networks.Scratch": f"{_PRETRAINING}.networks.Scratch",
    "weitiao.models.pretrained.Pretrained": f"{_BACKBONES}.pretrained.Pretrained",
    "weitiao.models.recurrent.Recurrent": f"{_BACKBONES}.recurrent.Recurrent",
    "weitiao.models.textcnn.TextCNN": f"{_BACKBONES}.textcnn.TextCNN",
    **{
        f"{_OBJECTIVES}.{name.lower()}.{name}": f"{_OBJECTIVES}.{room}.{name.lower()}.{name}"
        for room, names in (
            ("answers", ("Answering",)),
            ("labels", ("Classification", "Hierarchical", "MultiLabel", "Ordinal", "Regression")),
            ("spans", ("Tagging",)),
            ("vectors", ("Likeness", "Retrieval")),
        )
        for name in names
    },
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
    "model.objective.temperature": "model.objective.init_args.loss.temperature",
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

_reported: set[str] = set()  # of this process, so that a search reports it once


def renamed(value: Any) -> Any:
    """Plain values with each class path as it is now; what is none stays as it is."""
    if isinstance(value, str):
        return CLASSES.get(value, value)
    if isinstance(value, dict):
        return {key: renamed(item) for key, item in value.items()}
    return [renamed(item) for item in value] if isinstance(value, list) else value


def renamed_arguments(arguments: list[str], known: Collection[str] = ()) -> list[str]:
    """A command line under today's names; the new ones are reported on standard error.

    Args:
        arguments: as typed, values after ``=`` or as words of their own.
        known: options that a command has, with their dashes; these keep their names.
    """
    names, words, group = _Names(known), [], ""
    for word in arguments:
        option, given, value = word.partition("=")
        name = option[2:] if option.startswith("--") else ""
        if now := names.now(name):
            word = f"--{now.replace('.init_args', '')}{given}{value}"
        elif given:
            word = f"{option}={names.group(name, value)}"
        elif group:
            word = names.group(group, word)
        group = "" if given else name
        words.append(word)
    names.report()
    return words


def renamed_key(key: str) -> str:
    """A dotted key of a configuration as it is called today; reports if that is new."""
    names = _Names()
    now = names.now(key.replace(".init_args", ""))
    names.report()
    return now or key


def renamed_values(
    values: Mapping[str, Any], known: Collection[str] = (), *, report: bool = True
) -> dict[str, Any]:
    """A configuration, nested or under dotted keys, with each value where it stands today.

    One that names its task has the classes that belong to it.

    Args:
        values: as YAML has them.
        report: whether to report on standard error which names are new.
    """
    names = _Names(known)
    result = names.moved(values, "", {})
    if report:
        names.report()
    task = result.get("task")
    return merged(values_of("task", task), result) if isinstance(task, str) else result


class _Names:
    """What is called otherwise today, and which of it was found."""

    def __init__(self, known: Collection[str] = ()) -> None:
        self.known, self.found = {*known}, list[str]()

    def now(self, name: str) -> str | None:
        """An option as it is called today; null = as before."""
        parts = name.split(".")
        starts = (".".join(parts[:end]) for end in range(len(parts), 0, -1))
        old = next((start for start in starts if start in RENAMED), None)
        if old is None or {f"--{old}", f"--{name}"} & self.known:
            return None
        self.found.append(old)
        return RENAMED[old] + name.removeprefix(old)

    def group(self, name: str, value: str) -> str:
        """The options of a group, given as one mapping."""
        if not value.startswith("{") or not any(old.startswith(f"{name}.") for old in RENAMED):
            return value
        try:
            values = yaml.load(value, strict(yaml.SafeLoader))
        except (ValueError, yaml.YAMLError):  # the parser will tell
            return value
        before = len(self.found)
        moved = self.moved({name: values}, "", {})
        if len(self.found) == before:
            return value
        now = reduce(getitem, name.split("."), moved)
        return yaml.safe_dump(now, allow_unicode=True, default_flow_style=True, width=10**6).strip()

    def moved(
        self, values: Mapping[str, Any], above: str, result: dict[str, Any]
    ) -> dict[str, Any]:
        """Put values, which stand below ``above``, where they belong."""
        for key, value in values.items():
            name = f"{above}.{key}" if above else str(key)
            bare = name.replace(".init_args", "")
            below = any(other.startswith(f"{bare}.") for other in (*RENAMED, *UNSAID))
            if value and isinstance(value, dict) and below:
                self.moved(value, name, result)
            elif (now := self.now(bare)) and bare in UNSAID and value == UNSAID[bare]:
                self.found.pop()
            else:
                name = now or name
                _put(result, name.split(".") if above else [name], value)
        return result

    def report(self) -> None:
        """Name the new words, each once a process."""
        new = [old for old in dict.fromkeys(self.found) if old not in _reported]
        _reported.update(new)
        if new and distributed.first():
            words = ", ".join(f"{old} → {RENAMED[old].replace('.init_args', '')}" for old in new)
            print(f"! renamed, the old names go with the next version: {words}", file=sys.stderr)


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
