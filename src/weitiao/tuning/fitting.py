"""Fits a search space to a configuration: its keys, ranges around its values, its own point."""

import difflib
import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)

from weitiao.config.commands import CONFIGS
from weitiao.errors import ConfigError
from weitiao.tuning.space import Point, Space, Value

_OF_KINDS = {
    "model.objective.loss.temperature": ("model.objective.loss.kind", "in_batch", "cosent")
}
"""Key → the one that says whether it is looked at, and the values of that with which it is."""


def space_for(config: Mapping[str, Any]) -> tuple[Path, str]:
    """The shipped space for the model of a configuration, and what speaks for it."""
    if config.get("model.backbone.init_args.name") is not None:  # of a folder, or on the hub
        return CONFIGS / "search" / "pretrained.yaml", "the model has a pretrained backbone"
    return CONFIGS / "search" / "default.yaml", "the model is trained from scratch"


def without_absent(
    content: Mapping[str, Any], config: Mapping[str, Any]
) -> tuple[dict[str, Any], list[str]]:
    """The keys of a space that the model has, and those it lacks, such as those of a wide part."""
    lacking = [
        key
        for key, rule in content.items()
        if absent(key, config)
        or _idle(key, config)
        or (rule.get("around") and not _is_positive(_value(key, config)))
    ]
    return {key: rule for key, rule in content.items() if key not in lacking}, lacking


def _idle(key: str, config: Mapping[str, Any]) -> bool:
    """Whether the model has a key that another one's value leaves without effect."""
    kind, *values = _OF_KINDS.get(key, (key,))
    return bool(values) and _value(kind, config) not in values


def absent(key: str, config: Mapping[str, Any]) -> str | None:
    """Why a configuration has no such key; null = it has it.

    Args:
        key: dotted; ``init_args`` may be left out.
        config: values under dotted keys.
    """
    names = {name.replace(".init_args", ""): value for name, value in config.items()}
    key = key.replace(".init_args", "")
    if key in names or any(name.startswith(f"{key}.") for name in names):
        return None
    above = key.split(".")[:-1]
    for count in range(len(above), 0, -1):
        name = ".".join(above[:count])
        if name in names:
            return f"{name} is {'null' if names[name] is None else names[name]}"
        if kind := names.get(f"{name}.class_path"):
            return f"{name} is a {kind.rpartition('.')[2]}"
    return "the configuration has no such key"


def way_out(key: str, config: Mapping[str, Any]) -> str:
    """What to do about a key that a configuration lacks: the one that was meant, or its place."""
    names = [name.replace(".init_args", "").removesuffix(".class_path") for name in config]
    # keys of one part share most of their letters: a lower share would name any other one of them
    if near := difflib.get_close_matches(key.replace(".init_args", ""), names, n=1, cutoff=0.9):
        return f"did you mean {near[0]}?"
    return (
        f"take it out, or search it with the choice that brings it: {key.rpartition('.')[0]}:"
        f" {{choices: {{CHOICE: {{{key}: …}}}}}}"
    )


def around_start(
    content: Mapping[str, Any], config: Mapping[str, Any], where: object
) -> dict[str, Any]:
    """The same space, where ``{around: N}`` is a range from an Nth to N times the start's value.

    Args:
        content: as `read_space` gives it.
        config: values under dotted keys.

    Raises:
        ConfigError: the start has no positive number there, or N is none above 1.
    """
    found: dict[str, Any] = {}
    for key, rule in content.items():
        if isinstance(rule, dict) and set(rule) == {"around"}:
            rule = _range_around(f"{where}: {key}", rule["around"], _value(key, config))
        elif isinstance(rule, dict) and "branches" in rule:
            branches = [
                [c, around_start(inner, config, where) if isinstance(inner, dict) else inner]
                for c, inner in rule["branches"]
            ]
            rule = rule | {"branches": branches}
        found[key] = rule
    return found


def _value(key: str, config: Mapping[str, Any]) -> Any:
    names = {name.replace(".init_args", ""): value for name, value in config.items()}
    return names.get(key.replace(".init_args", ""))


def _range_around(where: str, factor: Any, value: Any) -> dict[str, Any]:
    if isinstance(factor, bool) or not isinstance(factor, int | float) or not 1 < factor < 1e6:
        raise ConfigError(f"{where}: around is a number above 1, not {factor!r}")
    if not _is_positive(value):
        raise ConfigError(
            f"{where}: there is no number to search around: the configuration has {value!r}"
            "\n  → {low: …, high: …}"
        )
    if isinstance(value, int):
        return {"low": max(1, round(value / factor)), "high": round(value * factor)}
    return {"low": _short(value / factor), "high": _short(value * factor), "log": True}


def _is_positive(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and value > 0


def _short(value: float) -> float:
    return float(f"{value:.3g}")


def point_of(config: Mapping[str, Any], space: Space) -> Point | None:
    """The point of the space that a configuration is; null = it lies outside."""
    values = {key.replace(".init_args", ""): value for key, value in config.items()}
    point: Point = {}
    for key, dimension in space.items():
        name = key.replace(".init_args", "")
        found = values.get(f"{name}.class_path", values.get(name, ...))
        taken = [end for end in _near(found, dimension.distribution) if _is(found, end)]
        if not taken:
            return None
        inner = point_of(config, dimension.branches.get(taken[0], {}))
        if inner is None:
            return None
        point |= {key: taken[0]} | inner
    return point


def _near(value: Any, distribution: BaseDistribution) -> list[Value]:
    """All choices, or the value of the range that is nearest to a number."""
    if isinstance(distribution, CategoricalDistribution):
        return list(distribution.choices)
    assert isinstance(distribution, IntDistribution | FloatDistribution)
    low, high = distribution.low, distribution.high
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        return []
    if distribution.step:
        value = low + round((value - low) / distribution.step) * distribution.step
    return [round(value) if isinstance(distribution, IntDistribution) else float(value)]


def _is(value: Any, choice: Value) -> bool:
    """Whether a value of a configuration is this choice, be it the last word of a class path."""
    if isinstance(value, float | int) and not isinstance(value, bool):
        if isinstance(choice, bool) or not isinstance(choice, float | int):
            return False
        return math.isclose(value, choice, rel_tol=1e-12)
    if isinstance(value, list | dict):
        return json.dumps(value, ensure_ascii=False) == choice
    if isinstance(value, str) and isinstance(choice, str):
        return value == choice or value.endswith(f".{choice}")
    return value is choice
