"""What to report on encoded parallel texts: counts, and the first row of each."""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from weitiao.inputs.counts import Counts, first_place
from weitiao.io.arrow import Ragged


@dataclass(frozen=True)
class Found(Counts):
    """Counts of rows, but for those of ids.

    Args:
        rows: all.
        read: ids of what is read.
        written: ids of what is to be written.
        unknown_read: of them, those of what the vocabulary lacks.
        unknown_written: likewise.
        cut: rows whose text is longer than a model reads.
        lost: whose written side is longer than a model writes: nothing of it is learned.
        inexact: whose written side reads otherwise once it has been ids.
        longest: ids of the longest written side.
        first_lost: where the first of these stands.
        first_inexact: likewise.
    """

    rows: int
    read: int
    written: int
    unknown_read: int
    unknown_written: int
    cut: int
    lost: int
    inexact: int
    longest: int
    first_lost: str | None = None
    first_inexact: str | None = None

    @classmethod
    def of(
        cls,
        encoded: pa.Table,
        table: pa.Table,
        longest: int,
        of_read: int | None,
        of_written: int | None,
    ) -> Found:
        """Count.

        Args:
            encoded: as `FittedParallel.encode` gave the rows of ``table``.
            longest: most ids of a written side.
            of_read: the unknown id of that side; null = there is none.
            of_written: likewise.
        """
        read, written = Ragged(encoded["input_ids"]), Ragged(encoded["written"])
        whole, inexact = encoded["whole"].to_numpy(), encoded["inexact"].to_numpy()
        lost = whole > longest
        return cls(
            rows=len(read.lengths),
            read=int(read.lengths.sum()),
            written=int(written.lengths.sum()),
            unknown_read=int((read.values == of_read).sum()) if of_read is not None else 0,
            unknown_written=(
                int((written.values == of_written).sum()) if of_written is not None else 0
            ),
            cut=pc.sum(encoded["cut"]).as_py() or 0,
            lost=int(lost.sum()),
            inexact=int(inexact.sum()),
            longest=int(whole.max(initial=0)),
            first_lost=first_place(lost, table),
            first_inexact=first_place(inexact, table),
        )

    @property
    def unknown_share(self) -> float:
        """Share of the unknown id in what is read."""
        return self.unknown_read / max(1, self.read)
