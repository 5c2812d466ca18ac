"""The search space: YAML of dotted configuration keys, each with a range or choices."""

from __future__ import annotations

import difflib
import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path
from typing import Any

import optuna
import yaml
from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)

from weitiao.config.earlier_names import renamed_key
from weitiao.config.strict_yaml import refuse_endless, strict
from weitiao.errors import ConfigError

Value = bool | int | float | str | None
Point = dict[str, Value]

WORDS = ("low", "high", "log", "step")
"""Those of a range."""
ALONE = {"choices": "choices", "branches": "choices", "around": "around"}
"""Words that stand alone, as a file has them; ``branches`` are choices, see `normalised`."""


@dataclass(frozen=True)
class Dimension:
    """What one key may be.

    Args:
        distribution: a range or choices. A choice that is a list or a mapping is its JSON text,
            which the command line reads as what it was.
        branches: for a choice, the space of keys that exist with it only.
    """

    distribution: BaseDistribution
    branches: Mapping[Value, Space] = field(default_factory=dict)


Space = dict[str, Dimension]


def read_space(path: Path) -> dict[str, Any]:
    """The content of a YAML file of a space.

    Raises:
        ConfigError: the file is missing, no YAML, or names no key.
    """
    try:
        content = yaml.load(path.read_text("utf-8"), strict(yaml.SafeLoader))
        refuse_endless(content)
    except OSError as error:
        raise ConfigError(f"no such search space: {path}") from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:  # e.g. of a date in no calendar
        raise ConfigError(f"{path} is no YAML: {' '.join(str(error).split())}") from error
    if not isinstance(content, dict) or not content:
        raise ConfigError(f"{path} names no key to search, such as model.optim.lr")
    return normalised(content, path)


def normalised(content: Mapping[str, Any], where: object) -> dict[str, Any]:
    """The same space as JSON can hold it, its keys as they are called today.

    Branches are a list, since choices may be no text.

    Raises:
        ConfigError: it holds what JSON doesn't know, such as a date.
    """
    plain: dict[str, Any] = {}
    for key, rule in content.items():
        if isinstance(rule, dict) and isinstance(choices := rule.get("choices"), dict):
            branches = [
                [choice, normalised(inner, where) if isinstance(inner, dict) else inner]
                for choice, inner in choices.items()
            ]
            rule = {name: v for name, v in rule.items() if name != "choices"}
            rule["branches"] = branches
        try:
            plain[renamed_key(str(key))] = json.loads(json.dumps(rule))
        except TypeError as error:
            raise ConfigError(f"{where}: {key}: {error}\n  → put a date into quotes") from error
    return plain


def parse_space(content: Mapping[str, Any], where: object) -> Space:
    """The distributions of ``key: {low, high[, log][, step]}`` or ``key: {choices}``.

    Choices are a list, or a mapping from each choice to the space of what it brings along.

    Args:
        content: as `read_space` gives it.

    Raises:
        ConfigError: a key's range is empty or not understood, or a key is searched twice.
    """
    rules = normalised(content, where)
    space = {key: _dimension(f"{where}: {key}", rule) for key, rule in rules.items()}
    _merged((_keys(key, dimension, where) for key, dimension in space.items()), where)
    for key, dimension in space.items():
        below = [name for name in space if name.startswith(f"{key}.")]
        if below and any(v is None or str(v).startswith("{") for v in ends_of(dimension)):
            raise ConfigError(
                f"{where}: {below[0]} contradicts the choices of {key}\n  → put it into branches:"
                f" {key}: {{choices: {{CHOICE: {{{below[0]}: …}}}}}}"
            )
    return space


def _dimension(where: str, rule: Any) -> Dimension:
    if not isinstance(rule, dict):
        raise ConfigError(f"{where}: give {{low: …, high: …}} or {{choices: […]}}, not {rule!r}")
    if set(rule) not in ({"choices"}, {"branches"}):
        return Dimension(_range(where, rule))
    choices = rule["choices"] if "choices" in rule else [choice for choice, _ in rule["branches"]]
    if not isinstance(choices, list) or not choices:
        raise ConfigError(f"{where}: choices must be a list that is not empty")
    values = [_scalar(choice) for choice in choices]
    if len(set(map(repr, values))) < len(values):
        raise ConfigError(f"{where}: a choice stands twice")
    branches: dict[Value, Space] = {}
    for choice, inner in rule.get("branches", ()):
        if not isinstance(inner, dict | None):
            raise ConfigError(f"{where}: {choice}: give a space of keys, not {inner!r}")
        branches[choice] = parse_space(inner or {}, f"{where}: {choice}")
    return Dimension(CategoricalDistribution(values), branches)


def ends_of(dimension: Dimension) -> list[Value]:
    """The extreme values of a range, or all choices."""
    of = dimension.distribution
    if isinstance(of, CategoricalDistribution):
        return list(of.choices)
    assert isinstance(of, IntDistribution | FloatDistribution)
    return [of.low, of.high]


def _scalar(choice: Any) -> Value:
    return json.dumps(choice, ensure_ascii=False) if isinstance(choice, list | dict) else choice


def _range(where: str, rule: dict[str, Any]) -> BaseDistribution:
    _refuse_other_words(where, rule)
    low, high = rule["low"], rule["high"]
    for end in (low, high):
        if isinstance(end, bool) or not isinstance(end, int | float):
            raise ConfigError(f"{where}: {end!r} is no number (YAML wants 1.0e-3, not 1e-3)")
        if not -math.inf < end < math.inf:
            raise ConfigError(f"{where}: a range ends at a number, not at {end}")
    if low > high:
        raise ConfigError(f"{where}: the range {low} … {high} is empty")
    whole = isinstance(low, int) and isinstance(high, int)
    log, step = rule.get("log", False), rule.get("step")
    if not isinstance(log, bool):
        raise ConfigError(f"{where}: log is true or false, not {log!r}")
    if whole and step is not None and type(step) is not int:  # Optuna would cut off 1.5
        raise ConfigError(f"{where}: the step between whole numbers is one, not {step!r}")
    if log and low <= 0:
        least = 1 if whole else 1e-5
        instead = f"low: {'1' if whole else '1.0e-5'}, or " if high > least else ""
        problem = f"{where}: a logarithmic range can't start at {low:g}"
        raise ConfigError(problem, hint=f"{instead}leave out log: true")
    try:
        if whole:
            return IntDistribution(low, high, log=log, step=1 if step is None else step)
        return FloatDistribution(float(low), float(high), log=log, step=step)
    except (ValueError, TypeError, ArithmeticError) as error:
        raise ConfigError(f"{where}: {error}") from error


def _refuse_other_words(where: str, rule: Mapping[str, Any]) -> None:
    """Refuse a range with a word that it doesn't know, or without one of its ends.

    Raises:
        ConfigError: it is so; names the word, and the one that was meant.
    """
    for word in (word for word in rule if word not in WORDS):
        if word in ALONE:
            others = ", ".join(other for other in rule if other != word)
            raise ConfigError(f"{where}: {ALONE[word]} stands alone, without {others}")
        near = difflib.get_close_matches(word, [*WORDS, *ALONE.values()], n=1)
        hint = f"did you mean {near[0]}?" if near else None
        raise ConfigError(f"{where}: {word!r} is none of {', '.join(WORDS)}", hint=hint)
    for word in ("low", "high"):
        if word not in rule:
            raise ConfigError(f"{where}: a range has low and high, {word} is missing")


def _keys(key: str, dimension: Dimension, where: object) -> dict[str, BaseDistribution]:
    """The distributions of a key and of all that its choices bring along.

    Several branches may hold the same key, since only one of them is taken.
    """
    found = {key: dimension.distribution}
    for choice, inner in dimension.branches.items():
        nested = (_keys(name, part, where) for name, part in inner.items())
        for name, distribution in _merged(nested, where).items():
            other = found.setdefault(name, distribution)
            if name == key or not _alike(other, distribution):
                raise ConfigError(f"{where}: {key}: {choice}: {name} stands for something else")
    return found


def _alike(one: BaseDistribution, other: BaseDistribution) -> bool:
    """Whether one key may have both: Optuna wants the same choices, or ranges on the same scale."""
    if isinstance(one, CategoricalDistribution):
        return one == other
    assert isinstance(one, IntDistribution | FloatDistribution)
    return type(one) is type(other) and one.log == other.log


def _merged(
    parts: Iterator[dict[str, BaseDistribution]], where: object
) -> dict[str, BaseDistribution]:
    merged: dict[str, BaseDistribution] = {}
    for part in parts:
        if twice := merged.keys() & part.keys():
            raise ConfigError(f"{where}: {sorted(twice)[0]} is searched twice")
        merged |= part
    return merged


def suggest(trial: optuna.Trial, space: Space) -> Point:
    """Draw a point: each key before those that its choice brings along."""
    point: Point = {}
    for key, dimension in space.items():
        of = dimension.distribution
        if isinstance(of, CategoricalDistribution):
            point[key] = trial.suggest_categorical(key, of.choices)
        elif isinstance(of, IntDistribution):
            point[key] = trial.suggest_int(key, of.low, of.high, step=of.step, log=of.log)
        else:
            assert isinstance(of, FloatDistribution)
            point[key] = trial.suggest_float(key, of.low, of.high, step=of.step, log=of.log)
        point |= suggest(trial, dimension.branches.get(point[key], {}))
    return point


def size(space: Space) -> int | None:
    """How many points there are; null = endlessly many."""
    counts: list[int | None] = []
    for dimension in space.values():
        of = dimension.distribution
        if isinstance(of, IntDistribution) and not of.log:
            counts.append(len(range(of.low, of.high + 1, of.step)))
            continue
        values = _values(of)
        parts = [size(dimension.branches.get(value, {})) for value in values or ()]
        counts.append(None if values is None or None in parts else sum(p or 0 for p in parts))
    return None if None in counts else math.prod(c or 0 for c in counts)


def grid(space: Space) -> list[Point]:
    """All points, the last key changing fastest.

    Raises:
        ConfigError: a range of floats without a step, or on a logarithmic scale.
    """
    options: list[list[Point]] = []
    for key, dimension in space.items():
        values = _values(dimension.distribution)
        if values is None:
            raise ConfigError(f"search space: {key}: a grid needs choices or a range with a step")
        options.append(
            [{key: v} | rest for v in values for rest in grid(dimension.branches.get(v, {}))]
        )
    return [{k: v for part in parts for k, v in part.items()} for parts in product(*options)]


def _values(distribution: BaseDistribution) -> list[Value] | None:
    if isinstance(distribution, CategoricalDistribution):
        return list(distribution.choices)
    if isinstance(distribution, IntDistribution) and not distribution.log:
        return list(range(distribution.low, distribution.high + 1, distribution.step))
    if isinstance(distribution, FloatDistribution) and distribution.step is not None:
        count = round((distribution.high - distribution.low) / distribution.step) + 1
        return [distribution.low + i * distribution.step for i in range(count)]
    return None
