"""Rows of a query with right and wrong texts: one row per right text, the wrong ones as JSON."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from weitiao.io.tables.cells import NoValue, as_text
from weitiao.io.tables.source import BadRow, Chunk, Source
from weitiao.io.text_lists import as_cell

NEGATIVES = "negatives"
"""Role of the texts that are wrong; of several columns the others have a number behind it."""


def negative_columns(names: str | list[str] | None) -> dict[str, str]:
    """Role → column of each column of negatives."""
    given = [names] if isinstance(names, str) else names or []
    roles = (f"{NEGATIVES}_{number}" if number else NEGATIVES for number in range(len(given)))
    return dict(zip(roles, given, strict=True))


def merged_roles(wanted: Iterable[str]) -> list[str]:
    """The roles that rows have once all columns of negatives are one."""
    return [role for role in wanted if not role.startswith(f"{NEGATIVES}_")]


class PositiveCells:
    """What the cells of one source mean, where texts belong together.

    A cell of second texts may be a list: each of them makes a row, so that all are learned equally
    often and measured. A cell of negatives is a text or a list of texts, or empty.
    """

    def __init__(self, source: Source) -> None:
        self._source = source
        self._negatives = [role for role in source.wanted if role.startswith(NEGATIVES)]

    def written(self, chunk: Chunk) -> tuple[Chunk, dict[int, BadRow]]:
        """The chunk with a row for each right text; rows at fault are among its bad ones."""
        columns = dict(zip(self._source.wanted, chunk.columns, strict=True))
        rows: list[int] = []
        found: dict[str, list[Any]] = {role: [] for role in merged_roles(columns)}
        origins, bad = list[int](), [*chunk.bad]
        for i, row in enumerate(chunk.rows):
            try:
                for cells in self._rows({role: cells[i] for role, cells in columns.items()}):
                    rows.append(row)
                    origins.append(i)
                    for role, cell in cells.items():
                        found[role].append(cell)
            except _Fault as fault:
                bad.append(fault.at(self._source, row, chunk.raw, i))
        return Chunk(rows, [*found.values()], lambda i: chunk.raw(origins[i]), bad), {}

    def note(self) -> None:
        """Everything is counted as it comes."""

    def _rows(self, cells: dict[str, Any]) -> Iterator[dict[str, Any]]:
        """The rows of one, whose negatives are those of all columns, each once."""
        right = cells.get("pair")
        texts = _members(right, "pair") if isinstance(right, list) else [right]
        if not texts:
            raise _Fault("pair", "the list is empty: no text belongs to this one", right)
        counts = self._source.notes.counts
        given = [text for role in self._negatives for text in _negatives_in(cells.pop(role), role)]
        wrong = [text for text in dict.fromkeys(given) if text.strip() and text not in texts]
        if lost := len({*given}.intersection(text for text in texts if isinstance(text, str))):
            counts["negatives that are right texts of their own row, left out"] += lost
        if len(texts) > 1:
            counts["rows with several right texts, each a row now"] += 1
        kept = {NEGATIVES: as_cell(wrong)}
        for number, text in enumerate(texts, 1):
            row = cells | {"pair": text} | (kept if self._negatives else {})
            if number > 1 and "id" in row:
                row["id"] = f"{row['id']} {number}"
            yield {role: row[role] for role in merged_roles(self._source.wanted)}


class _Fault(ValueError):
    """What is wrong with a cell."""

    def __init__(self, role: str, problem: str, value: Any, hint: str | None = None) -> None:
        super().__init__(problem)
        self.role, self.value, self.hint = role, value, hint

    def at(self, source: Source, row: int, raw: Callable[[int], str], i: int) -> BadRow:
        """The bad row that it makes."""
        place = {"column": source.wanted[self.role], "value": self.value, "hint": self.hint}
        return BadRow(row, str(self), raw(i), **place)


def _members(cells: list[Any], role: str) -> list[str]:
    """The texts of a list."""
    texts = [None if isinstance(cell, list | dict) else as_text(cell) for cell in cells]
    if None in texts:
        problem = "a list that holds something else than texts"
        raise _Fault(role, problem, cells[texts.index(None)])
    return [text for text in texts if text is not None]


def _negatives_in(cell: Any, role: str) -> list[str]:
    """The texts of a cell that may be missing."""
    if isinstance(cell, NoValue):
        raise _Fault(role, cell.reason, None, cell.hint)
    if cell is None or (isinstance(cell, float) and cell != cell):
        return []
    if isinstance(cell, list):
        return _members(cell, role)
    if isinstance(cell, dict) or (text := as_text(cell)) is None:
        problem = f"a {type(cell).__name__} is neither a text nor a list of texts"
        raise _Fault(role, problem, cell)
    return [text]
