"""Texts of an index or queries, read part by part from files of any size."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import reduce
from typing import Any, Literal

import pyarrow as pa
import pyarrow.compute as pc
from rich.console import Console

from weitiao.config.serialization import plain
from weitiao.data.new_rows import table_of_cells
from weitiao.errors import DataError
from weitiao.evaluation.inference import TextFile
from weitiao.inputs.text.normalisation import roles_of
from weitiao.io.tables.cells import Cells
from weitiao.retrieval.index import COLUMNS
from weitiao.retrieval.vectors import Embedder
from weitiao.training.console import show_line

ROWS = 4096
"""Of a part: texts of like length share a batch within it."""


@dataclass(frozen=True, kw_only=True)
class RetrieveFile(TextFile):
    """The texts; of ``index`` those that are to be found, of ``query`` those that ask, of
    ``negatives`` pairs that belong together.

    Args:
        file: file, files or globs, ``hf:NAME#SPLIT`` or a SQL query.
        text: column of the text; null = as in training: the first texts ask, the second ones are
            found.
        pair: of ``negatives``, column of the right text, or of a list of them; null = as in
            training.
        on_bad_row: stop at a row that can't be read, or leave it out and count it.
    """

    file: str | list[str] | None = None
    pair: str | None = None
    on_bad_row: Literal["raise", "quarantine"] = "raise"

    def changes(self) -> dict[str, Any]:
        """The options of reading that are not the checkpoint's."""
        given = {name: plain(value) for name, value in vars(self).items() if value is not None}
        own = {n: v for n, v in given.items() if n not in ("text", "pair", "file")}
        return own | {"database": self.database}


class Texts:
    """Texts, or pairs of them, that are read part by part, and what to report on them.

    Args:
        columns: of the file: that of ``text`` and, of pairs, of ``pair``.
        given: on the command line; null = they stand in the file.
    """

    def __init__(
        self,
        model: Embedder,
        file: RetrieveFile,
        columns: Mapping[str, str],
        given: list[str] | None = None,
    ) -> None:
        self.model, self.named, self.given = model, file.file, given
        columns = {**columns} | ({"id": file.id} if file.id else {})
        cells: Cells = "positives" if "pair" in columns else "name"
        self.reader = replace(model.rows.reader, columns=columns, cells=cells)
        self.rows, self.bad, self.empty, self.notes = 0, 0, 0, list[str]()

    def parts(self) -> Iterator[pa.Table]:
        """Cleaned rows beside ``original``, and of pairs ``original_pair``; those without text, or
        one of two, left out.

        Raises:
            DataError: a file or a row is at fault, or no row has a text.
        """
        for table in self._read():
            before = table
            table = self.model.rows.cleaned(before)
            if "pair" in table.column_names:
                table = table.append_column("original_pair", before["pair"])
            lengths = [pc.utf8_length(pc.utf8_trim_whitespace(table[r])) for r in roles_of(table)]
            kept = table.filter(pc.greater(reduce(pc.min_element_wise, lengths), 0))
            self.rows += len(kept)
            self.empty += len(table) - len(kept)
            if len(kept):
                yield kept
        if not self.rows:
            raise DataError("no row has a text", file=str(self.named or "--text"))

    def _read(self) -> Iterator[pa.Table]:
        if self.given is not None:
            yield table_of_cells({"text": self.given})
            return
        assert self.named is not None
        with self.reader.inputs({"": self.named}) as inputs:
            for part in self.reader.stream(inputs[""], ROWS, self.notes):
                self.bad += len(part.bad)
                yield part.rows

    def report(self, console: Console) -> None:
        """Say what was left out."""
        for note in self.notes:
            show_line(f"! {note}", console)
        for count, what in ((self.bad, "could not be read"), (self.empty, "have no text")):
            if count:
                show_line(f"! {count:,} rows {what}, and were left out", console)


def as_read(table: pa.Table) -> pa.Table:
    """What an index keeps of rows: the text as it stood in the file."""
    known = {name: table["original" if name == "text" else name] for name in COLUMNS}
    return pa.Table.from_pydict(known | {"file": pc.cast(known["file"], pa.string())})
