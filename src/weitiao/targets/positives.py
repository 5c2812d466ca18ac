"""Texts that belong together: the two of a row, or those of a class."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from weitiao.card import TargetCard
from weitiao.errors import ConfigError, DataError
from weitiao.io.arrow import hashed, number_of_both, numbers_of, parts_of
from weitiao.io.tables.positive_cells import NEGATIVES
from weitiao.io.text_lists import flat_texts
from weitiao.targets.base import Target

SIDES = ("text", "pair")


@dataclass(frozen=True)
class PositivesTarget:
    """Pairs that belong together, known by their texts.

    Args:
        negatives: most texts that a row of train has which don't belong to its first one.
        by_class: whether all texts of a class belong together.
    """

    negatives: int = 0
    by_class: bool = False

    @property
    def labels(self) -> Sequence[str]:
        """None."""
        return []

    def encode(self, table: pa.Table) -> pa.ChunkedArray:
        """fixed_size_list<int64>[2 + N]: a hash of each text of a row; equal ones are the same.

        ``N`` is the most negatives of a row of the table. 0 stands where a row has fewer, and for
        those that belong to the row's first text by another row. With classes, which go without
        negatives, the third number is that of the class.
        """
        both = np.stack([_numbers(table[side].to_pylist()) for side in SIDES], 1)
        if NEGATIVES in table.column_names:
            both = np.concatenate([both, _negatives(table, both)], 1)
        if self.by_class:
            both = np.concatenate([both, _numbers(table["label"].to_pylist())[:, None]], 1)
        flat = pa.array(both.ravel())
        return pa.chunked_array([pa.FixedSizeListArray.from_arrays(flat, both.shape[1])])

    def written(self, decided: np.ndarray) -> list[str]:
        """Cosines ``(N,)`` to six digits."""
        return [f"{value:.6g}" for value in decided.tolist()]


@dataclass(frozen=True)
class Positives(Target):
    """Pairs of texts that belong together, such as a question and its answer; or classes of texts.

    Args:
        classes: column of a class, whose texts all belong together, in the place of second texts:
            each text gets another one of its class and split beside it; null = rows are pairs.
    """

    # by another name than the label of others: that of a class named before would be kept
    classes: str | None = None

    label = None
    cells = "positives"

    def __post_init__(self) -> None:
        object.__setattr__(self, "label", self.classes)

    def made(self) -> Sequence[str]:
        """The second text, where there are classes."""
        return () if self.label is None else SIDES[1:]

    def completed(self, table: pa.Table) -> tuple[pa.Table, list[str]]:
        """With classes: each text with the next of its class, in an order drawn from the texts; the
        last has the first. A class of one row is left out.

        Raises:
            DataError: no class has two rows.
        """
        if self.label is None or SIDES[1] in table.column_names:
            return table, _of_same_texts(table)
        classes = table["label"].combine_chunks().dictionary_encode().indices.to_numpy()
        order = np.lexsort((_numbers(table["text"].to_pylist()), classes))
        counts = np.bincount(classes)
        begins = np.cumsum(counts) - counts
        places = np.arange(len(order)) - begins[classes[order]]
        after = begins[classes[order]] + (places + 1) % counts[classes[order]]
        partner = np.empty_like(order)
        partner[order] = order[after]
        alone = counts[classes] == 1
        if alone.all():
            problem = "no class has two rows in this split, so that no text belongs to another"
            hint = "a larger {--split.val} or {--split.test}, or files of theirs"
            raise DataError(problem, file=table["file"][0].as_py(), column="label", hint=hint)
        table = table.add_column(1, SIDES[1], table["text"].take(pa.array(partner)))
        told = [f"classes of one row, which belongs to no other, left out: {alone.sum():,}"]
        return (table.filter(pa.array(~alone)), told) if alone.any() else (table, [])

    def check(self, tables: Mapping[str, pa.Table], before: pa.Table) -> None:
        """Leave it to `fit`, which sees texts; of classes, as `Target.check`."""
        if self.label is not None:
            super().check(tables, before)

    def fit(self, tables: Mapping[str, pa.Table]) -> TargetCard:
        """Refuse rows of one text, empty texts, and train with the same text in every row.

        Raises:
            ConfigError: rows have one text.
            DataError: a text is empty, or there is nothing to tell apart.
        """
        for table in tables.values():
            if SIDES[1] not in table.column_names:
                raise ConfigError("pairs need a second text", hint="{--pair} COLUMN")
            for side in SIDES:
                empty = pc.equal(pc.utf8_length(pc.utf8_trim_whitespace(table[side])), 0)
                if (place := pc.index(empty, True).as_py()) >= 0:
                    raise _fault("a text is empty, and nothing belongs to it", table, place, side)
        for side in SIDES:
            if len(pc.unique(tables["train"][side])) == 1:
                raise _fault("all rows of train have this text", tables["train"], 0, side)
        if NEGATIVES not in tables["train"].column_names:
            return PositivesTarget(by_class=self.label is not None)
        most = int(_of_lists(tables["train"])[1].max())
        if not most:
            file = tables["train"]["file"][0].as_py()
            raise DataError("no row of train has a negative", file=file, column=NEGATIVES)
        return PositivesTarget(most)

    def strata(self, table: pa.Table) -> np.ndarray | None:
        """All rows are alike; of classes, those of the cells."""
        return np.zeros(table.num_rows, np.int64) if self.label is None else None

    def described(self, table: pa.Table) -> dict[str, Any]:
        """Nothing."""
        return {"classes": {}}


def _of_same_texts(table: pa.Table) -> list[str]:
    """The warning about rows whose two texts are the same."""
    if SIDES[1] not in table.column_names:
        return []
    count = pc.sum(pc.equal(table["text"], table[SIDES[1]])).as_py() or 0
    return [f"rows whose two texts are the same, which teach nothing: {count:,}"] if count else []


def _numbers(texts: Sequence[str]) -> np.ndarray:
    """A number for each text, ``(N,)`` int64."""
    return numbers_of(hashed(texts)).view(np.int64)


def _of_lists(table: pa.Table) -> tuple[np.ndarray, np.ndarray]:
    """The numbers of the negatives of all rows, one after the other, and how many each row has."""
    parts = (flat_texts(part[NEGATIVES]) for part in parts_of(table.select([NEGATIVES])))
    found = [(_numbers(texts), counts) for texts, counts in parts]  # of few texts at a time
    return np.concatenate([n for n, _ in found]), np.concatenate([c for _, c in found])


def _negatives(table: pa.Table, pairs: np.ndarray) -> np.ndarray:
    """The numbers of each row's negatives, ``(N, M)``; 0 = there is none.

    Args:
        pairs: ``(N, 2)`` the numbers of its texts.
    """
    numbers, counts = _of_lists(table)
    found = np.zeros((len(counts), counts.max(initial=0)), np.int64)
    rows = np.repeat(np.arange(len(counts)), counts)
    right = number_of_both(*pairs.T)
    wrong = number_of_both(pairs[rows, 0], numbers)
    places = np.arange(len(rows)) - np.repeat(counts.cumsum() - counts, counts)
    found[rows, places] = np.where(np.isin(wrong, right), 0, numbers)
    return found


def _fault(problem: str, table: pa.Table, place: int, side: str) -> DataError:
    row = table.slice(place, 1).to_pylist()[0]
    return DataError(problem, file=row["file"], row=row["row"], column=side, value=row[side])
