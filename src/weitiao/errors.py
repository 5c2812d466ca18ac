"""Errors that a user can fix, shown as one message without a traceback."""

import re
import shlex
from collections.abc import Callable
from pathlib import Path

_SLOT = re.compile(r"\{--([\w.]+)\}")


class WeitiaoError(Exception):
    """A fault of the input, the configuration or the installation that the user can mend.

    Who raises it knows arguments, not what a command calls them: `place` tells it that.

    Args:
        problem: what is wrong; after a field, what is wrong with it.
        field: the argument at fault, as it is called where this is raised: ``max_length``.
        hint: what to do next. ``{--max_length}`` stands for an argument; ways out are separated by
            semicolons.
    """

    def __init__(self, problem: str, *, field: str | None = None, hint: str | None = None) -> None:
        super().__init__(problem)
        self.problem, self.field, self.hint = problem, field, hint

    def place(self, option: Callable[[str], str | None], dashes: str = "--") -> None:
        """Call arguments as a command does; ways out that it doesn't have are left out.

        Args:
            option: the path of an argument; null = the command has none.
        """
        self.field = self.field and (option(self.field) or self.field)
        ways = [
            way for way in (self.hint or "").split("; ") if all(map(option, _SLOT.findall(way)))
        ]
        self.hint = _SLOT.sub(lambda slot: f"{dashes}{option(slot[1])}", "; ".join(ways)) or None

    def described(self) -> str:
        """The message without the way out."""
        if self.field is None:
            return self.problem
        return f"{self.field}{'' if self.problem[:1] in ':,' else ' '}{self.problem}"

    def __str__(self) -> str:
        """The message, and in a line of its own the way out."""
        hint = _SLOT.sub(r"\1", self.hint or "")
        return f"{self.described()}\n  → {hint}" if hint else self.described()


class ConfigError(WeitiaoError):
    """Values of the configuration that do not go together, or do not fit the data."""


class UsageError(ConfigError):
    """Options that no parser takes: an unknown one, or a value of another type."""


class DataError(WeitiaoError):
    """A fault in a data file, with its place and, where there is one, the way out.

    Args:
        problem: what is wrong, as a sentence without the place.
        field: the argument that names the file, or is at fault.
        row: 1-based line (text formats) or record (binary formats), as an editor counts it.
        value: the offending value; long ones are cut for display.
    """

    def __init__(
        self,
        problem: str,
        *,
        field: str | None = None,
        file: str | Path | None = None,
        row: int | None = None,
        column: str | None = None,
        value: object = None,
        hint: str | None = None,
    ) -> None:
        super().__init__(problem, field=field, hint=hint)
        self.file, self.row, self.column, self.value = file, row, column, value

    def described(self) -> str:
        """The message between its place and the value."""
        place = [str(self.file)] if self.file is not None else []
        if self.row is not None:
            place.append(f"row {self.row}")
        if self.column is not None:
            place.append(f"column {self.column!r}")
        text = f"{', '.join(place)}: {super().described()}" if place else super().described()
        if self.value is not None:
            shown = repr(self.value)
            text += f" (value: {shown if len(shown) <= 80 else shown[:77] + '...'})"
        return text


class MissingExtra(WeitiaoError):
    """An optional package is needed but not installed.

    Args:
        package: the package that could not be imported.
        extra: the extra of weitiao that brings it.
        what: what needs it; after a field, its value.
    """

    def __init__(self, package: str, extra: str, what: str, *, field: str | None = None) -> None:
        super().__init__(
            f"{what} needs the package {package!r}, which is not installed",
            field=field,
            hint=f"pip install 'weitiao[{extra}]'",
        )


def shell_word(text: str) -> str:
    """The text as it is typed in a shell: in quotes where it holds what a shell understands."""
    return text if re.fullmatch(r"[\w@%+=:,./-]+", text) else shlex.quote(text)
