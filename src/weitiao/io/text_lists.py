"""Columns whose cells are lists of texts, each as JSON: one string, as any cell of a table is."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence

import numpy as np
import pyarrow as pa


def as_cell(texts: Sequence[str]) -> str:
    """A list of texts as a cell."""
    return json.dumps([*texts], ensure_ascii=False)


def texts_in(cell: str | None) -> list[str]:
    """The texts of a cell; none of a missing one."""
    found: list[str] = json.loads(cell) if cell else []
    return found


def flat_texts(column: pa.ChunkedArray) -> tuple[list[str], np.ndarray]:
    """The texts of all cells one after the other, and how many each cell has, ``(N,)``."""
    lists = [texts_in(cell) for cell in column.to_pylist()]
    return [text for texts in lists for text in texts], np.array([*map(len, lists)], np.int64)


def as_cells(texts: Iterable[str | None], counts: np.ndarray) -> pa.Array:
    """The reverse of `flat_texts`; a text that is null is left out of its cell."""
    remaining = iter(texts)
    lists = ([next(remaining) for _ in range(count)] for count in counts.tolist())
    cells = [as_cell([text for text in each if text is not None]) for each in lists]
    return pa.array(cells, pa.string())
