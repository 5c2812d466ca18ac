"""Rows with several second texts, of which a model reads each with the first: options."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from weitiao.errors import DataError
from weitiao.inputs.text.clean import Cleaned
from weitiao.io.arrow import parts_of
from weitiao.io.choices.forms import check_options, options_in
from weitiao.io.spans.span import SpanFault
from weitiao.io.text_lists import as_cells, flat_texts

if TYPE_CHECKING:
    from weitiao.inputs.text.text_encoder import TextEncoder

SIZES = "sizes"
"""Column of the ids of each sequence of a row, whose ids stand one sequence after another."""
_BETWEEN = "\n"
"""Stands between a passage and the question about it."""


def options_of(cell: str) -> list[str]:
    """The options of a cell of the role ``pair``.

    Raises:
        DataError: it is no list of two or more texts.
    """
    try:
        texts = options_in(cell).texts
        check_options(texts, "")
    except SpanFault as fault:
        raise DataError(fault.problem, column="pair", value=cell, hint=fault.hint) from fault
    return texts


def texts_with_options(table: pa.Table) -> Iterator[str]:
    """The texts of all rows, after them the options of each."""
    for part in parts_of(table.select(["text"])):
        yield from part["text"].to_pylist()
    for part in parts_of(table.select(["pair"])):
        yield from flat_texts(part["pair"])[0]


def with_passage(table: pa.Table) -> pa.Table:
    """The table with each row's passage, if it has one, before its text, and no column of them."""
    if "passage" not in table.column_names:
        return table
    both = zip(table["passage"].to_pylist(), table["text"].to_pylist(), strict=True)
    joined = [f"{passage}{_BETWEEN}{text}" if passage else text for passage, text in both]
    place = table.column_names.index("text")
    table = table.set_column(place, "text", pa.array(joined, pa.string()))
    return table.drop_columns(["passage"])


def cleaned_options(clean: Callable[[list[str]], Cleaned], cells: list[str]) -> Cleaned:
    """Cells with each option cleaned; counts are those of options.

    Args:
        clean: cleans texts, and drops none.
    """
    options = [*map(options_of, cells)]
    found = clean([text for row in options for text in row])
    counts = np.array([*map(len, options)], np.int64)
    written: list[str | None] = as_cells([text or "" for text in found.texts], counts).to_pylist()
    return Cleaned(written, found.changed, found.dropped)


def encode_options(encoder: TextEncoder, texts: Sequence[str], cells: Sequence[str]) -> pa.Table:
    """As `TextEncoder.encode` has it: a sequence of the text and each option.

    Returns:
        A table with ``input_ids`` and ``token_type_ids`` of all sequences of a row, one after
        another, their ``sizes: large_list<int32>``, ``cut: bool``, true where one did not fit, and
        ``pair_cut: bool``, where an option itself was cut.
    """
    second, counts = flat_texts(pa.chunked_array([pa.array(cells, pa.string())]))
    first = [text for text, count in zip(texts, counts.tolist(), strict=True) for _ in range(count)]
    found = encoder.as_one(first, second).combine_chunks()
    rows = np.append(0, counts.cumsum())
    columns: dict[str, Any] = {
        name: _joined(found[name], rows) for name in ("input_ids", "token_type_ids")
    }
    lengths = pc.list_value_length(found["input_ids"]).cast(pa.int32()).combine_chunks()
    columns[SIZES] = pa.LargeListArray.from_arrays(pa.array(rows), lengths)
    cut = found["cut"].to_numpy()
    beyond = np.zeros(len(cut), bool)
    places = np.flatnonzero(cut)
    beyond[places] = encoder.second_cut(*([t[i] for i in places.tolist()] for t in (first, second)))
    for name, flags in (("pair_cut", beyond), ("cut", cut)):
        columns[name] = pa.array(np.add.reduceat(np.append(flags, 0), rows[:-1]) > 0)
    return pa.Table.from_pydict(columns)


def _joined(column: pa.ChunkedArray, rows: np.ndarray) -> pa.LargeListArray:
    """Lists of sequences as lists of rows, which begin at these of them."""
    array = column.chunk(0) if column.num_chunks else pa.array([], column.type)
    offsets = array.offsets.to_numpy()[rows]
    return pa.LargeListArray.from_arrays(pa.array(offsets), array.values)


def sequences_of(encoded: pa.Table) -> pa.Table:
    """The ids of each sequence as those of a row."""
    table = encoded.combine_chunks()
    array = table["input_ids"].chunk(0)
    begin, end = (array.offsets[i].as_py() for i in (0, -1))
    lengths = pc.list_flatten(table[SIZES]).to_numpy()
    offsets = pa.array(np.append(0, lengths.cumsum(dtype=np.int64)))
    ids = pa.LargeListArray.from_arrays(offsets, array.values.slice(begin, end - begin))
    types = pa.nulls(len(ids), pa.large_list(pa.int8()))
    cut = pa.array(np.zeros(len(ids), bool))
    return pa.Table.from_pydict({"input_ids": ids, "token_type_ids": types, "cut": cut})
