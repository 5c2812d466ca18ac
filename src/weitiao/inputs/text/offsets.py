"""Columns of encoded rows with the places of units in the original text."""

import numpy as np
import pyarrow as pa

from weitiao.inputs.text.units import in_the_text_as_read
from weitiao.io.arrow import Ragged, list_array

OFFSETS, PIECES, CONTEXT = "offsets", "pieces", "context"
"""Columns of encoded rows: begin and end of each unit in code points, one after the other, and the
id that each is a part of. A unit is a word of Latin script, or of it what one id stands for, or one
character of another; equal ends stand for white space that has an id of its own. Of pairs, the
text of the units as it was read."""


def in_the_original(column: pa.ChunkedArray, table: pa.Table) -> pa.ChunkedArray:
    """Offsets in cleaned texts as offsets in the texts as they were read.

    Args:
        column: of the rows of the table.
        table: readable rows, with ``original`` and ``text``.
    """
    texts, originals = (table[name].to_pylist() for name in ("text", "original"))
    found = Ragged(column).lists(np.arange(len(texts)))
    moved = [
        in_the_text_as_read(places.reshape(-1, 2), original, text).ravel()
        for places, original, text in zip(found, originals, texts, strict=True)
    ]
    return pa.chunked_array([list_array(moved, column.type.value_type)])
