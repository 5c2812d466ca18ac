"""A target of spans of the text, such as the names in it."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import pyarrow as pa

from weitiao.card import TargetCard
from weitiao.errors import ConfigError
from weitiao.io.tables.spelling import tidy
from weitiao.targets.base import Target, fault, refuse_missing
from weitiao.targets.labels import natural_order

Typed = tuple[int, int, str]
"""Begin, end and type of a span, in code points of the text as it was read."""


def spans_in(cell: str) -> list[Typed]:
    """The spans of a label cell, in order."""
    return [(start, end, kind) for start, end, kind in json.loads(cell)]


@dataclass(frozen=True)
class SpanTarget:
    """Spans of the text.

    Args:
        labels: the types that they may have.
        counts: spans of each in train.
    """

    labels: list[str]
    counts: list[int]

    def encode(self, table: pa.Table) -> pa.ChunkedArray:
        """large_list<int64> ``(N, 3 · spans)``: begin, end and type of each span of a row.

        Raises:
            DataError: a type is none of these.
        """
        place = {kind: index for index, kind in enumerate(self.labels)}
        rows = []
        for number, cell in enumerate(table["label"].to_pylist()):
            spans = spans_in(cell)
            for _, _, kind in spans:
                if kind not in place:
                    hint = "the training split, or {--labels}, must name every type"
                    known = ", ".join(self.labels[:10])
                    raise fault(f"a type that is not among {known}", table, number, hint, kind)
            rows.append([x for start, end, kind in spans for x in (start, end, place[kind])])
        return pa.chunked_array([pa.array(rows, pa.large_list(pa.int64()))])

    def written(self, decided: Any) -> list[str]:
        """Spans ``(begin, end, type)`` of each row as they stand in a label cell."""
        return [
            json.dumps([(b, e, self.labels[t]) for b, e, t in row], ensure_ascii=False)
            for row in decided
        ]


@dataclass(frozen=True)
class Spans(Target):
    """Spans of the text, each of a type: names, terms, words.

    Args:
        label: column of the spans: tags of the tokens in ``text``, or spans by character, in one of
            the forms that ``docs/data.md`` lists.
        labels: the types; null = found in the data.
    """

    label: str = "label"
    labels: list[str] | None = None

    cells = "spans"

    def __post_init__(self) -> None:
        if self.labels and len(set(map(tidy, self.labels))) < len(self.labels):
            twice = f"names a type twice: {', '.join(self.labels)}"
            raise ConfigError(twice, field="labels")

    def check(self, tables: Mapping[str, pa.Table], before: pa.Table) -> None:
        """Refuse rows without a label, and train without a span."""
        refuse_missing(tables)
        train = tables["train"]
        if not any(map(spans_in, train["label"].to_pylist())):
            problem = f"none of the {train.num_rows:,} rows of train has a span"
            raise fault(problem, train, 0, "is {--label} the column of tags or spans?")

    def fit(self, tables: Mapping[str, pa.Table]) -> TargetCard:
        """Find and count the types."""
        counts = _counted(tables["train"])
        seen = {kind for table in tables.values() if _labelled(table) for kind in _counted(table)}
        labels = [*map(tidy, self.labels or ())] or natural_order(seen)
        return SpanTarget(labels, [counts[kind] for kind in labels])

    def strata(self, table: pa.Table) -> np.ndarray | None:
        """Rows by the rarest type that they hold; 0 = none."""
        if not _labelled(table):
            return None
        counts = _counted(table)
        place = {kind: i for i, kind in enumerate(sorted(counts, key=lambda k: counts[k]), 1)}
        rows = ({kind for *_, kind in spans_in(cell)} for cell in table["label"].to_pylist())
        return np.array([min((place[kind] for kind in row), default=0) for row in rows])

    def described(self, table: pa.Table) -> dict[str, Any]:
        """``classes``: spans per type, the most frequent first; what they count; ``warnings``."""
        counts = _counted(table).most_common()
        return {
            "classes": dict(sorted(counts, key=lambda item: (-item[1], item[0]))),
            "counted": "spans per type",
            "warnings": [*_overlaps(table)],
        }


def _labelled(table: pa.Table) -> bool:
    return "label" in table.column_names


def _counted(table: pa.Table) -> Counter[str]:
    return Counter(kind for cell in table["label"].to_pylist() for *_, kind in spans_in(cell))


def _overlaps(table: pa.Table) -> Iterator[str]:
    """A warning if spans overlap: the longest of them is learned, all of them are measured."""
    rows = [spans_in(cell) for cell in table["label"].to_pylist()]
    pairs = [sum(after[0] < before[1] for before, after in pairwise(row)) for row in rows]
    if count := sum(pairs):
        first = table.slice(int(np.flatnonzero(pairs)[0]), 1).to_pylist()[0]
        yield (
            f"{count:,} spans begin inside another one (first: {first['file']}, row"
            f" {first['row']}): the longest is learned, all are measured"
        )
