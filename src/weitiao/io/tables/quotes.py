"""Cells that keep the quotes they have in the file."""

from collections import Counter
from collections.abc import Mapping

import pyarrow as pa
import pyarrow.compute as pc

from weitiao.io.tables.positive_cells import merged_roles
from weitiao.io.tables.source import Source

_THROUGHOUT = 0.5  # the least share of a column's filled cells: a text may well be a quotation
_MARKS = ("'", '"')


class QuotedCells:
    """Counts the cells of each column that begin and end with a quotation mark."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._filled: Counter[str] = Counter()
        self._quoted: Counter[tuple[str, str]] = Counter()  # by role and mark

    def see(self, columns: Mapping[str, pa.Array]) -> None:
        """Count the cells of some rows, by role."""
        for role in merged_roles(self._source.wanted):
            cells = columns[role]
            self._filled[role] += pc.sum(pc.not_equal(cells, "")).as_py() or 0
            for mark in _MARKS:
                both = pc.and_(pc.starts_with(cells, mark), pc.ends_with(cells, mark))
                self._quoted[role, mark] += pc.sum(both).as_py() or 0

    def note(self) -> None:
        """Note the columns that are quoted throughout."""
        for role in merged_roles(self._source.wanted):
            name = self._source.wanted[role]
            count = sum(self._quoted[role, mark] for mark in _MARKS)
            if count > 1 and count > _THROUGHOUT * self._filled[role]:
                fact = (
                    f"{count:,} of {self._filled[role]:,} cells of {name!r} are in quotation marks"
                )
                csv_would = self._source.format == "tsv" and not self._quoted[role, "'"]
                way_out = "; {--format} csv takes them off" if csv_would else ""
                self._source.notes.facts.append(f"{fact}, which are read as part of it{way_out}")
