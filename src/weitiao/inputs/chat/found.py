"""What to report on encoded conversations: counts, and the first row of each."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from weitiao.inputs.counts import Counts, first_place
from weitiao.io.arrow import Ragged


@dataclass(frozen=True)
class Found(Counts):
    """Counts of rows, but for those of ids.

    Args:
        rows: all.
        ids: of all rows.
        learned: ids that are to be said.
        unknown: ids of what the vocabulary lacks.
        long: rows that are longer than a model reads.
        cut: of which the oldest turns are left out.
        lost: whose answer is left out: there is nothing to learn.
        special: in which something looks like a special token.
        unsaid: of which the template leaves out, or rewrites, what stands before an answer.
        inexact: whose answer the tokenizer can't write.
        longest: ids of the longest row, as a whole.
        first_lost: where the first of these stands.
        first_unsaid: likewise.
        first_inexact: likewise.
    """

    rows: int
    ids: int
    learned: int
    unknown: int
    long: int
    cut: int
    lost: int
    special: int
    unsaid: int
    inexact: int
    longest: int
    first_lost: str | None = None
    first_unsaid: str | None = None
    first_inexact: str | None = None

    @classmethod
    def of(cls, encoded: pa.Table, table: pa.Table, longest: int, unk_id: int | None) -> Found:
        """Count.

        Args:
            encoded: as `FittedChat.encode` gave the rows of ``table``.
            longest: most ids of a row.
        """
        ids, whole = Ragged(encoded["input_ids"]), encoded["whole"].to_numpy()
        lost = ~learnable(encoded) & ("label" in table.column_names)
        inexact = encoded["inexact"].to_numpy()
        return cls(
            rows=len(ids.lengths),
            ids=int(ids.lengths.sum()),
            learned=int(Ragged(encoded["learned"]).values.sum()),
            unknown=0 if unk_id is None else int((ids.values == unk_id).sum()),
            long=int((whole > longest).sum()),
            cut=_sum(encoded, "cut"),
            lost=int(lost.sum()),
            special=_sum(encoded, "special"),
            unsaid=_sum(encoded, "unsaid"),
            inexact=int(inexact.sum()),
            longest=int(whole.max(initial=0)),
            first_lost=first_place(lost, table),
            first_unsaid=first_place(encoded["unsaid"].to_numpy(), table),
            first_inexact=first_place(inexact, table),
        )


def learnable(encoded: pa.Table) -> np.ndarray:
    """``(N,)`` bool: whether an answer stands behind the prompt."""
    found: np.ndarray = Ragged(encoded["input_ids"]).lengths > encoded["prompt"].to_numpy()
    return found


def _sum(encoded: pa.Table, name: str) -> int:
    return pc.sum(encoded[name]).as_py() or 0
