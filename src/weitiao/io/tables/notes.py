"""What a person should know of how a file was read, though no row is bad."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field


@dataclass
class Notes:
    """Notes on one source of rows.

    Args:
        facts: sentences without a full stop.
        counts: what happened → how often.
    """

    facts: list[str] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)

    def lines(self) -> Iterator[str]:
        """Each note as a line."""
        yield from self.facts
        yield from (f"{what}: {count:,}" for what, count in self.counts.items())


class NotesOfFiles:
    """Notes on several sources; what is true of many of them is said once."""

    def __init__(self) -> None:
        self._names: dict[str, list[str]] = {}

    def add(self, name: str, notes: Notes) -> None:
        """Take in the notes on the source of this name."""
        for line in notes.lines():
            self._names.setdefault(line, []).append(name)

    def lines(self) -> Iterator[str]:
        """Each note as a line that names its source, or the first of them."""
        for line, names in self._names.items():
            more = f" and {len(names) - 1} more" if len(names) > 1 else ""
            yield f"{names[0]}{more}: {line}"
