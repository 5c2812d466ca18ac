"""Bounds of numbers in options, told in one way."""

from __future__ import annotations

from weitiao.errors import ConfigError


def at_least(bound: float, group: str | None, **values: float | None) -> None:
    """Refuse values below ``bound``; null passes.

    Args:
        bound: the lowest value that makes sense.
        group: the options' common name, e.g. ``model.backbone``; null = they have none.
        values: options and their values.

    Raises:
        ConfigError: names the option.
    """
    for name, value in values.items():
        option = f"{group}.{name}" if group else name
        if value is not None and not value >= bound:
            raise ConfigError(f"{option} must be at least {bound}, got {value}")


def shares(group: str, **values: float) -> None:
    """Refuse what is no share from 0 to below 1: of all of it nothing would be left.

    Args:
        group: the options' common name, e.g. ``model.backbone``.
        values: options and their values.

    Raises:
        ConfigError: names the option.
    """
    for name, value in values.items():
        if not 0 <= value < 1:
            raise ConfigError(f"{group}.{name} is a share, from 0 to below 1, got {value}")
