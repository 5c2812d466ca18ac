"""Hard negatives of pairs: what a model finds near a query though it isn't right."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa

from weitiao.config.bounds import at_least
from weitiao.errors import ConfigError
from weitiao.inputs.text.normalisation import normalised
from weitiao.io.arrow import hashed, number_of_both, numbers_of
from weitiao.retrieval.index import Index

QUERIES = 256
"""Of which the nearest texts are in memory at once."""


@dataclass(frozen=True)
class Mining:
    """Which of the texts near a query are its negatives.

    Args:
        count: most of a row, the nearest ones.
        share: highest cosine of a negative, as a share of that of the row's right text: what is
            nearer may well be right (Moreira et al. 2024, "NV-Retriever"); 1 = all are taken that
            are less near than the right text.
        margin: by how much the cosine of a negative is to be lower than that of the right text, at
            least.
    """

    count: int = 8
    share: float = 0.95
    margin: float = 0.0

    def __post_init__(self) -> None:
        at_least(1, count=self.count)
        if not 0 < self.share <= 1:
            raise ConfigError(f"must be above 0 and at most 1, got {self.share}", field="share")
        if not 0 <= self.margin <= 2:
            raise ConfigError(f"is from 0 to 2, got {self.margin}", field="margin")

    def highest(self, right: np.ndarray) -> np.ndarray:
        """The highest cosine of a negative of each row, ``(N,)``, from that of its right text."""
        of_share = right - (1 - self.share) * np.abs(right)
        return np.minimum(of_share, right - self.margin)


class RightTexts:
    """What is right for each query of a file: 8 bytes a row.

    Texts count as the same where readers overlook what differs, as for the audit.
    """

    def __init__(self, pairs: Iterable[tuple[Sequence[str], Sequence[str]]]) -> None:
        found = [number_of_both(numbers(query), numbers(right)) for query, right in pairs]
        self.known = np.unique(np.concatenate([np.zeros(0, np.uint64), *found]))

    def hold(self, queries: np.ndarray, texts: np.ndarray) -> np.ndarray:
        """Whether each text ``(N, K)`` is right for its query ``(N, 1)``."""
        return np.isin(number_of_both(queries, texts), self.known)


def labelled(rows: Iterable[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    """The pairs of mined rows, with the label 1 of right ones and 0 of others, for a reranker."""
    for row in rows:
        for name, label in (("pos", "1"), ("neg", "0")):
            for text in row[name]:
                yield {"query": row["query"], "text": text, "label": label}


def numbers(texts: Sequence[str]) -> np.ndarray:
    """A number for each text, ``(N,)`` of uint64, equal where readers see the same."""
    return numbers_of(hashed(normalised(pa.table({"text": pa.array(texts, pa.string())}))))


@dataclass
class Miner:
    """Looks for negatives in an index, and counts what it leaves out.

    Args:
        top: how many of the nearest texts it looks at.
        right: what is right for which query.
    """

    index: Index
    mining: Mining
    top: int
    right: RightTexts
    counts: Counter[str] = field(default_factory=Counter)

    def rows(
        self, queries: Sequence[str], right: Sequence[str], vectors: tuple[np.ndarray, np.ndarray]
    ) -> Iterator[dict[str, Any]]:
        """Each query with its right text and its negatives, as ``query``, ``pos`` and ``neg``.

        Args:
            vectors: ``(N, H)`` of the queries, and of the right texts.
        """
        highest = self.mining.highest((vectors[0] * vectors[1]).sum(1))
        for begin in range(0, len(queries), QUERIES):
            some = slice(begin, begin + QUERIES)
            found = self._negatives(queries[some], vectors[0][some], highest[some])
            for query, text, negatives in zip(queries[some], right[some], found, strict=True):
                self.counts["rows"] += 1
                self.counts["negatives"] += len(negatives)
                self.counts["without"] += not negatives
                yield {"query": query, "pos": [text], "neg": negatives}

    def report_lines(self) -> Iterator[str]:
        """Lines on what was found, and what was left out."""
        count = self.counts
        yield f"negatives of {count['rows']:,} rows: {count['negatives']:,}"
        yield (
            f"left out of what is near: right texts {count['right']:,}, as near as the right text"
            f" of the row, or almost, {count['too_near']:,}"
        )
        if count["without"]:
            yield f"! {count['without']:,} rows have no negative: a larger {{--top}} finds more"

    def _negatives(
        self, queries: Sequence[str], vectors: np.ndarray, highest: np.ndarray
    ) -> Iterator[list[str]]:
        near = self.index.search(vectors, self.top)
        places, where = np.unique(near.rows, return_inverse=True)
        where = where.reshape(near.rows.shape)
        texts = self.index.texts["text"].take(pa.array(np.maximum(places, 0))).to_pylist()
        found = numbers(texts)[where]
        there = near.rows >= 0
        right = there & self.right.hold(numbers(queries)[:, None], found)
        too_near = there & ~right & (near.scores > highest[:, None])
        self.counts["right"] += int(right.sum())
        self.counts["too_near"] += int(too_near.sum())
        kept = there & ~right & ~too_near
        for own, number, place in zip(kept, found, where, strict=True):
            once: dict[int, int] = {}  # a text may stand in an index several times
            for each, nearest in zip(number[own].tolist(), place[own].tolist(), strict=True):
                once.setdefault(each, nearest)
            yield [texts[nearest] for nearest in [*once.values()][: self.mining.count]]
