"""Which values of a recipe a task can use: another task may not know its loss."""

from collections.abc import Iterator
from copy import deepcopy
from dataclasses import fields, is_dataclass
from typing import Any, Literal, get_args, get_origin, get_type_hints

from weitiao.objectives.base import Objective, objective_class


def without_unfit(recipe: dict[str, Any], task: dict[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """A recipe without the values that a task doesn't take, and their keys.

    Args:
        recipe: as its file says.
        task: likewise.
    """
    learned = objective_class(task["model"]["objective"]["class_path"])
    objective = recipe["model"].get("objective", {})
    unfit = [f"model.objective.{name}" for name in _of_objective(objective, learned)]
    texts, theirs = (values.get("data", {}).get("input", {}) for values in (recipe, task))
    unfit += [f"data.input.{name}" for name in _of_input(texts, theirs.get("encode", {}))]
    fitting = deepcopy(recipe)
    for key in unfit:
        *path, last = key.split(".")
        values = fitting
        for name in path:
            values = values[name]
        del values[last]
    return fitting, unfit


def _of_objective(given: dict[str, Any], learned: type[Objective]) -> Iterator[str]:
    """Options that an objective lacks, or that would start what it doesn't do."""
    types = get_type_hints(learned.__init__)
    for name, value in given.items():
        if not _takes(types.get(name), value):
            yield name
        elif name == "head" and value.get("start") == "probe" and learned.probe is Objective.probe:
            yield "head.start"


def _of_input(given: dict[str, Any], theirs: dict[str, Any]) -> Iterator[str]:
    """How a task reads texts is its own; where it says so, nothing else reads them besides."""
    yield from (f"encode.{name}" for name in theirs if name in given.get("encode", {}))
    if theirs:
        yield from (name for name in ("linear", "augment") if given.get(name) is not None)


def _takes(kind: Any, value: Any) -> bool:
    """Whether a type takes a value, as far as names of options and choices tell."""
    if kind is None:
        return False
    if is_dataclass(kind) and isinstance(value, dict):
        types = get_type_hints(kind)
        names = {field.name for field in fields(kind)}
        return all(name in names and _takes(types[name], each) for name, each in value.items())
    return get_origin(kind) is not Literal or value in get_args(kind)
