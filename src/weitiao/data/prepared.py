"""Prepared data on disk: what every run, trial and process maps into memory."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa

from weitiao.card import DataCard
from weitiao.inputs import FittedInput
from weitiao.io.arrow import map_table


@dataclass(frozen=True)
class Prepared:
    """Prepared data on disk.

    Args:
        folder: holds per split ``SPLIT.rows.arrow`` (what people read: id, original, the cells,
            label, file, row) and ``SPLIT.ids.arrow`` (what the model reads, and the target),
            besides ``card.json``, ``audit.json`` and the files of the input.
        fitted: the input that encoded the rows.
    """

    folder: Path
    card: DataCard
    fitted: FittedInput = field(compare=False)

    def rows(self, split: str) -> pa.Table:
        """The readable columns of a split, memory-mapped."""
        return map_table(self.folder / f"{split}.rows.arrow")

    def ids(self, split: str) -> pa.Table:
        """The encoded columns of a split, memory-mapped."""
        return map_table(self.folder / f"{split}.ids.arrow")

    def has(self, split: str) -> bool:
        """Whether there is such a split."""
        return split in self.card.rows

    @property
    def audit(self) -> dict[str, Any]:
        """What reading, cleaning, audit and encoding found and did."""
        return json.loads((self.folder / "audit.json").read_text("utf-8"))
