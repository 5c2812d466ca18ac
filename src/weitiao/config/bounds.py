"""Checks of bounds of numbers in options, all with the same message."""

from weitiao.errors import ConfigError


def at_least(bound: float, **values: float | None) -> None:
    """Refuse values below ``bound``; null passes.

    Raises:
        ConfigError: names the argument.
    """
    for name, value in values.items():
        if value is not None and not value >= bound:
            raise ConfigError(f"must be at least {bound}, got {value}", field=name)


def shares(**values: float) -> None:
    """Refuse what is no share from 0 to below 1: of all of it nothing would be left.

    Raises:
        ConfigError: names the argument.
    """
    for name, value in values.items():
        if not 0 <= value < 1:
            raise ConfigError(f"is a share, from 0 to below 1, got {value}", field=name)
