"""How well a vocabulary covers texts: unknown ids, and special tokens inside a text."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from weitiao.errors import ConfigError
from weitiao.inputs.text.options import SIZES, sequences_of
from weitiao.inputs.text.sides import PAIR_IDS, sides_of
from weitiao.inputs.text.special_tokens import special_ids
from weitiao.inputs.text.text_encoder import TextEncoder
from weitiao.inputs.text.tokenization import Encoder
from weitiao.io.arrow import parts_of

MANY_UNKNOWN = 0.05  # share of the ids from which on a warning is given
MOST = 0.5  # more of them, and nothing can be learned


@dataclass(frozen=True)
class Coverage:
    """What the ids of a split say of its vocabulary.

    Args:
        cut_share: share of the rows that did not fit the longest sequence.
        unknown_share: share of the unknown id among those of the texts, without the special ones
            around them and the prefix.
        unknown_rows: rows of which nothing else is left.
        special_rows: rows in whose text a special token stands and keeps its id.
        rows: how many there are.
        ids: those of the texts, which ``unknown_share`` is of.
        pair_cut: second texts of pairs that are read in windows, cut to half of one; of options,
            rows of which one is cut.
    """

    cut_share: float
    unknown_share: float
    unknown_rows: int
    special_rows: int
    rows: int = 0
    ids: int = 0
    pair_cut: int = 0

    @classmethod
    def of(cls, encoder: TextEncoder, encoded: pa.Table) -> Coverage:
        """Measure rows that were encoded, as `TextEncoder.encode` gives them."""
        if not encoded.num_rows:
            return cls(0.0, 0.0, 0, 0)
        if PAIR_IDS in encoded.column_names:  # of each text as of a row
            first, second = sides_of(encoded)
            return cls.of(encoder, first) + cls.of(encoder.second, second)
        if SIZES in encoded.column_names:  # of each sequence as of a row, but what is cut of rows
            counts = {"rows": encoded.num_rows, "pair_cut": _sum(encoded, "pair_cut")}
            found = cls.of(encoder, sequences_of(encoded))
            return replace(found, cut_share=pc.mean(encoded["cut"]).as_py(), **counts)
        pair = "token_type_ids" in encoded.column_names
        around = encoder.added(pair=pair)
        special = special_ids(encoder.backend, encoder.unk_id)
        if not around:  # a text without ids has that of padding
            special = [index for index in special if index != encoder.pad_id]
        empty = encoder.as_one([""], [""] if pair else None)["input_ids"][0].values
        known = (encoder.unk_id, special, around, int(np.isin(empty, special).sum()))
        found = np.sum([_counts(part["input_ids"], *known) for part in parts_of(encoded)], axis=0)
        unknown, own, unknown_rows, special_rows = found.tolist()
        return cls(
            cut_share=pc.mean(encoded["cut"]).as_py(),
            unknown_share=unknown / max(1, own),
            unknown_rows=unknown_rows,
            special_rows=special_rows,
            rows=encoded.num_rows,
            ids=own,
            pair_cut=_sum(encoded, "pair_cut"),
        )

    def __add__(self, other: Coverage) -> Coverage:
        """That of the rows of both."""
        rows, ids = self.rows + other.rows, self.ids + other.ids
        cut = self.cut_share * self.rows + other.cut_share * other.rows
        unknown = self.unknown_share * self.ids + other.unknown_share * other.ids
        return Coverage(
            cut / max(1, rows),
            unknown / max(1, ids),
            self.unknown_rows + other.unknown_rows,
            self.special_rows + other.special_rows,
            rows,
            ids,
            self.pair_cut + other.pair_cut,
        )


def _sum(table: pa.Table, column: str) -> int:
    """How many rows are true in a column; 0 where there is none."""
    return pc.sum(table[column]).as_py() if column in table.column_names else 0


def _counts(
    column: pa.ChunkedArray, unk_id: int | None, special: list[int], around: int, usual: int
) -> tuple[int, int, int, int]:
    """Unknown ids, ids of texts, rows of which nothing else is left, rows with special tokens.

    Args:
        around: ids of a row that are no text's.
        usual: special ids of a row without text.
    """
    ids = column.combine_chunks().flatten().to_numpy()
    lengths = pc.list_value_length(column).to_numpy()
    starts = np.cumsum(lengths) - lengths
    unknown = np.add.reduceat((ids == unk_id).astype(np.int64), starts)
    inside = np.add.reduceat(np.isin(ids, special).astype(np.int64), starts)
    own = lengths - around
    left = (unknown == own) & (unknown > 0)
    return int(unknown.sum()), int(own.sum()), int(left.sum()), int((inside > usual).sum())


def refuse_unread(tokenizer: Encoder, encoded: pa.Table, texts: pa.Table, share: float) -> None:
    """Stop before a model learns from ids that say nothing of the texts.

    Args:
        texts: ``text`` and, for pairs, ``pair`` of the same rows.
        share: that of the unknown id.

    Raises:
        ConfigError: all rows have the same ids, though their texts differ, or most ids are unknown.
    """
    problem = way_out = None
    if share > MOST:
        problem = f"{share:.0%} of the ids of train are the unknown one"
    if _all_alike(encoded, "input_ids", PAIR_IDS) and not _all_alike(texts, "text", "pair"):
        problem = f"all {encoded.num_rows:,} rows of train get the same ids"
        if pc.all(encoded["cut"]).as_py():
            way_out = "they are cut: a larger {--max_length}, or another truncation"
    if problem:
        trained = "{--min_count} 1, a larger vocab_size, or another tokenizer"
        loaded = "the tokenizer of a model for these texts; or its tokenizer_class is a wrong one"
        raise ConfigError(
            f"{tokenizer.tokenizer!r}: {problem}",
            field="tokenizer",
            hint=way_out or (trained if tokenizer.trained else loaded),
        )


def _all_alike(table: pa.Table, *names: str) -> bool:
    """Whether all rows are equal in those of the columns that there are."""
    columns = table.select([name for name in names if name in table.column_names])
    first = columns.slice(0, 1).to_pylist()
    return all(batch.to_pylist() == first * len(batch) for batch in columns.to_batches(64))
