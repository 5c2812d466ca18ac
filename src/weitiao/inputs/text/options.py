"""The options of a multiple-choice row: several second texts, each read with the first."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from weitiao.errors import DataError
from weitiao.inputs.text.clean import Cleaned
from weitiao.inputs.text.truncation import kept_lengths
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

    What is cut of a text is cut beside each of its options alike, as far as these are shorter than
    what is left of it: else the cut would reveal which of them is the longest.

    Returns:
        A table with ``input_ids`` and ``token_type_ids`` of all sequences of a row, one after
        another, their ``sizes: large_list<int32>``, ``cut: bool``, true where one did not fit, and
        ``pair_cut: bool``, where an option itself was cut.
    """
    second, counts = flat_texts(pa.chunked_array([pa.array(cells, pa.string())]))
    of_row = np.repeat(np.arange(len(counts)), counts)
    first = [texts[row] for row in of_row.tolist()]
    found, beyond = encoder.as_one(first, second), np.zeros(len(second), bool)
    long = np.isin(of_row, of_row[found["cut"].to_numpy()])  # sequences of rows in which one is cut
    if (places := np.flatnonzero(long)).size:
        both = [[column[i] for i in places.tolist()] for column in (first, second)]
        beyond[places], places, again = _cut_alike(encoder, both, of_row[places], places)
        order = np.arange(len(second))
        order[places] = len(second) + np.arange(len(places))
        found = pa.concat_tables([found, again]).take(order)
    found, rows = found.combine_chunks(), np.append(0, counts.cumsum())
    columns: dict[str, Any] = {
        name: _joined(found[name], rows) for name in ("input_ids", "token_type_ids")
    }
    lengths = pc.list_value_length(found["input_ids"]).cast(pa.int32()).combine_chunks()
    columns[SIZES] = pa.LargeListArray.from_arrays(pa.array(rows), lengths)
    for name, flags in (("pair_cut", beyond), ("cut", found["cut"].to_numpy())):
        columns[name] = pa.array(np.add.reduceat(np.append(flags, 0), rows[:-1]) > 0)
    return pa.Table.from_pydict(columns)


def _cut_alike(
    encoder: TextEncoder, both: list[list[str]], of_row: np.ndarray, places: np.ndarray
) -> tuple[np.ndarray, np.ndarray, pa.Table]:
    """The sequences that keep more of their text than others of their row, cut as these are.

    Args:
        both: text and option of each sequence.
        of_row: the row of each.
        places: of each among all sequences.

    Returns:
        which options are cut; and of the sequences that are encoded anew the places and the ids.
    """
    added = encoder.added(pair=True)
    lengths = [encoder.lengths(column) for column in both]
    kept = kept_lengths(lengths, encoder.max_length - added, encoder.truncation)
    text, option = (head + tail for head, tail in kept)
    least = np.full(of_row.max() + 1, encoder.max_length)
    np.minimum.at(least, of_row, text)
    less = np.flatnonzero((least[of_row] < text) & (lengths[1] <= least[of_row]))
    longest = (least[of_row] + lengths[1] + added)[less]
    first, second = ([column[i] for i in less.tolist()] for column in both)
    again = encoder.as_one(first, second, longest)
    return option < lengths[1], places[less], again


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
