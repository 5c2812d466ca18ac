"""Tries the rows of a chunk whose cells must fit each other."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from weitiao.io.answers.forms import Asked
from weitiao.io.spans.span import SpanFault
from weitiao.io.tables.cells import NoValue, shown
from weitiao.io.tables.source import BadRow, Chunk, Source

T = TypeVar("T")


@dataclass
class Trial:
    """Rows of a chunk on trial: who finds one at fault raises.

    Args:
        columns: by role.
        faults: of rows, by position.
    """

    source: Source
    chunk: Chunk
    columns: dict[str, list[Any]]
    faults: dict[int, BadRow] = field(default_factory=dict)

    def __call__(self, i: int, do: Callable[..., T], *given: Any) -> T | None:
        """What is done with the row at a position; null = it is at fault."""
        try:
            return do(*given)
        except SpanFault as fault:
            value = self.columns[fault.role][i]
            self.faults[i] = BadRow(
                self.chunk.rows[i],
                shown(fault.problem),
                self.chunk.raw(i),
                column=self.source.wanted[fault.role],
                value=None if isinstance(value, NoValue) else _shown(value),
                hint=fault.hint,
            )
            return None


def _shown(value: Any) -> Any:
    return str(value) if isinstance(value, Asked) else shown(value)
