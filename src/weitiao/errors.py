"""The faults a user can mend. They are shown as one message, without a traceback."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path


class WeitiaoError(Exception):
    """A fault of the input, the configuration or the installation that the user can mend."""


class ConfigError(WeitiaoError):
    """Values of the configuration that do not go together, or do not fit the data."""


class UsageError(ConfigError):
    """Options that no parser takes: an unknown one, or a value of another type."""


class DataError(WeitiaoError):
    """A fault in a data file, told with its place and, where there is one, the way out.

    Args:
        problem: what is wrong, as a sentence without the place.
        file: the file it was found in.
        row: 1-based line (text formats) or record (binary formats), as an editor counts it.
        column: name of the column.
        value: the offending value; long ones are cut for display.
        hint: what to do next.
    """

    def __init__(
        self,
        problem: str,
        *,
        file: str | Path | None = None,
        row: int | None = None,
        column: str | None = None,
        value: object = None,
        hint: str | None = None,
    ) -> None:
        self.problem, self.file, self.row = problem, file, row
        self.column, self.value, self.hint = column, value, hint
        place = [str(file)] if file is not None else []
        if row is not None:
            place.append(f"row {row}")
        if column is not None:
            place.append(f"column {column!r}")
        message = f"{', '.join(place)}: {problem}" if place else problem
        if value is not None:
            shown = repr(value)
            message += f" (value: {shown if len(shown) <= 80 else shown[:77] + '...'})"
        super().__init__(f"{message}\n  → {hint}" if hint else message)


class MissingExtra(WeitiaoError):
    """An optional package is needed but not installed.

    Args:
        package: the package that could not be imported.
        extra: the extra of weitiao that brings it.
        what: what needs it.
    """

    def __init__(self, package: str, extra: str, what: str) -> None:
        super().__init__(
            f"{what} needs the package {package!r}, which is not installed"
            f"\n  → pip install 'weitiao[{extra}]'"
        )


def shell_word(text: str) -> str:
    """The text as it is typed in a shell: in quotes where it holds what a shell understands."""
    return text if re.fullmatch(r"[\w@%+=:,./-]+", text) else shlex.quote(text)


@contextmanager
def retold(tell: Callable[[str], str]) -> Iterator[None]:
    """Tell faults by the options of this command, where a part tells them by those of another.

    Args:
        tell: an advice or a whole message, under our names.
    """
    try:
        yield
    except UsageError:  # names what was typed
        raise
    except DataError as error:  # what stands in a file stays as it is
        raise DataError(
            error.problem,
            file=error.file,
            row=error.row,
            column=error.column,
            value=error.value,
            hint=error.hint and tell(error.hint),
        ) from error
    except WeitiaoError as error:
        error.args = (tell(str(error)),)
        raise
