"""The search space: YAML of dotted configuration keys, each with a range or choices."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml
from jsonargparse import capture_parser
from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)

from weitiao.errors import ConfigError
from weitiao.run.fit import run_fit
from weitiao.run.parser import flat

Value = bool | int | float | str | None
Space = dict[str, BaseDistribution]


def load_space(path: Path) -> Space:
    """The distributions of a YAML file of ``key: {low, high[, log][, step]}`` or ``{choices}``.

    Raises:
        ConfigError: the file is missing or no YAML, or a key's range is empty or not understood.
    """
    try:
        content = yaml.safe_load(path.read_text("utf-8"))
    except FileNotFoundError as error:
        raise ConfigError(f"no such search space: {path}") from error
    except yaml.YAMLError as error:
        raise ConfigError(f"{path} is no YAML: {' '.join(str(error).split())}") from error
    if not isinstance(content, dict) or not content:
        raise ConfigError(f"{path} names no key to search, such as model.optim.lr")
    return {key: _distribution(f"{path}: {key}", rule) for key, rule in content.items()}


def _distribution(where: str, rule: Any) -> BaseDistribution:
    if not isinstance(rule, dict):
        raise ConfigError(f"{where}: give {{low: …, high: …}} or {{choices: […]}}, not {rule!r}")
    if set(rule) == {"choices"}:
        choices = rule["choices"]
        if not isinstance(choices, list) or not choices:
            raise ConfigError(f"{where}: choices must be a list that is not empty")
        return CategoricalDistribution(choices)
    if not {"low", "high"} <= set(rule) <= {"low", "high", "log", "step"}:
        raise ConfigError(f"{where}: unknown or missing words in {sorted(rule)}")
    low, high = rule["low"], rule["high"]
    for end in (low, high):
        if isinstance(end, bool) or not isinstance(end, int | float):
            raise ConfigError(f"{where}: {end!r} is no number (YAML wants 1.0e-3, not 1e-3)")
    if low > high:
        raise ConfigError(f"{where}: the range {low} … {high} is empty")
    whole = isinstance(low, int) and isinstance(high, int)
    log, step = bool(rule.get("log", False)), rule.get("step")
    try:
        if whole:
            return IntDistribution(low, high, log=log, step=1 if step is None else step)
        return FloatDistribution(float(low), float(high), log=log, step=step)
    except ValueError as error:
        raise ConfigError(f"{where}: {error}") from error


def check_space(space: Space, arguments: list[str]) -> None:
    """See to it that each key takes the ends of its range, before the first trial.

    Args:
        space: the distributions.
        arguments: the command line of ``fit`` that trials start from.

    Raises:
        ConfigError: a key is unknown, or takes no such value.
    """
    parser = capture_parser(run_fit, arguments, "search")
    for key, distribution in space.items():
        for value in ends(distribution):
            try:
                known = flat(parser.parse_args([*arguments, *as_options({key: value})]))
            except SystemExit as error:  # the parser has said why
                raise ConfigError(f"search space: {key} doesn't take {value!r}") from error
            if key not in known:
                raise ConfigError(f"search space: there is no key {key}")


def ends(distribution: BaseDistribution) -> list[Value]:
    """The extreme values of a range, or all choices."""
    if isinstance(distribution, CategoricalDistribution):
        return list(distribution.choices)
    assert isinstance(distribution, IntDistribution | FloatDistribution)
    return [distribution.low, distribution.high]


def grid_of(space: Space) -> dict[str, list[Value]]:
    """All values per key, where each has finitely many.

    Raises:
        ConfigError: a range of floats without a step.
    """
    grid: dict[str, list[Value]] = {}
    for key, distribution in space.items():
        if isinstance(distribution, CategoricalDistribution):
            grid[key] = list(distribution.choices)
        elif isinstance(distribution, IntDistribution) and not distribution.log:
            grid[key] = list(range(distribution.low, distribution.high + 1, distribution.step))
        elif isinstance(distribution, FloatDistribution) and distribution.step is not None:
            count = round((distribution.high - distribution.low) / distribution.step) + 1
            grid[key] = [distribution.low + i * distribution.step for i in range(count)]
        else:
            raise ConfigError(f"search space: {key}: a grid needs choices or a range with a step")
    return grid


def as_options(values: dict[str, Any]) -> list[str]:
    """Values as options of the command line; floats to the last digit."""
    return [f"--{key}={_as_yaml(value)}" for key, value in values.items()]


def _as_yaml(value: Value) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    return value if isinstance(value, str) else repr(value)
