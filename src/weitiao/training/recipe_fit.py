"""What of a recipe a task can use: its loss may be one that another task doesn't know."""

from dataclasses import fields, is_dataclass
from typing import Any, Literal, get_args, get_origin, get_type_hints

from weitiao.objectives.base import objective_class


def without_unfit(recipe: dict[str, Any], class_path: str) -> tuple[dict[str, Any], list[str]]:
    """A recipe without the values that an objective doesn't take, and their keys.

    Args:
        recipe: as its file says.
        class_path: of the objective.
    """
    types = get_type_hints(objective_class(class_path).__init__)
    given = recipe["model"].get("objective", {})
    unfit = [name for name, value in given.items() if not _takes(types.get(name), value)]
    kept = {name: value for name, value in given.items() if name not in unfit}
    fitting = recipe | {"model": recipe["model"] | {"objective": kept}}
    return fitting, [f"model.objective.{name}" for name in unfit]


def _takes(kind: Any, value: Any) -> bool:
    """Whether a type takes a value, as far as names of options and choices tell."""
    if kind is None:
        return False
    if is_dataclass(kind) and isinstance(value, dict):
        types = get_type_hints(kind)
        names = {field.name for field in fields(kind)}
        return all(name in names and _takes(types[name], each) for name, each in value.items())
    return get_origin(kind) is not Literal or value in get_args(kind)
