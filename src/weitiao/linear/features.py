"""TF-IDF of n-grams, hashed into a bounded number of features; for pairs, what both texts share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

KINDS = (("char", 1, 5), ("word", 1, 2))
"""Analyzer, shortest and longest n-gram. A word is a run of letters and digits, one hanzi or kana,
or one sign. Choosing among such kinds on validation was no better than taking both."""

_HAN = r"\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
WORD = rf"[{_HAN}]|[^\W_{_HAN}]+|[^\w\s]"
_CHUNK = 20_000  # texts turned into n-grams at once: bounds memory


@dataclass(frozen=True)
class NgramFeatures:
    """What a text's n-grams are as numbers.

    Args:
        buckets: features that n-grams are hashed into.
        idf: ``(kinds, buckets)`` float32: how rare each is among the texts it was fitted on.
        pair: whether a row has two texts.
        both_texts: of pairs, whether each text's own n-grams are features too.
    """

    buckets: int
    idf: np.ndarray
    pair: bool = False
    both_texts: bool = True

    @classmethod
    def fit(
        cls, buckets: int, texts: Sequence[str], *, pair: bool, both_texts: bool
    ) -> NgramFeatures:
        """Count in how many texts, of pairs first and second ones, each n-gram stands."""
        found = np.zeros((len(KINDS), buckets))
        for row, kind in zip(found, KINDS, strict=True):
            for counts in _counts(kind, buckets, texts):
                row += np.bincount(counts.indices, minlength=buckets)
        idf = (np.log((1 + len(texts)) / (1 + found)) + 1).astype(np.float32)
        return cls(buckets, idf, pair, both_texts)

    @property
    def width(self) -> int:
        """Number of features, ``F``."""
        if not self.pair:
            return self.buckets
        return self.buckets * (4 if self.both_texts else 2) + len(SHARED)

    def transform(self, texts: Sequence[str], pairs: Sequence[str] | None = None) -> Any:
        """Features of rows: a sparse matrix ``(N, F)`` float32; single texts have length 1 or a
        little more, where an n-gram is one of both kinds."""
        if pairs is None:
            return self._tfidf(texts)
        from scipy.sparse import csr_matrix, hstack

        first, second = self._tfidf(texts), self._tfidf(pairs)
        shared = first.multiply(second).tocsr()
        alone = [first, second] if self.both_texts else []
        likeness = csr_matrix(_likeness(texts, pairs, shared))
        blocks = [*alone, shared, abs(first - second), likeness]
        return hstack(blocks, format="csr", dtype=np.float32)

    def _tfidf(self, texts: Sequence[str]) -> Any:
        """Sublinear TF-IDF as scikit-learn defines it; both kinds of n-grams weigh alike."""
        from scipy.sparse import vstack
        from sklearn.preprocessing import normalize

        total: Any = 0
        for kind, idf in zip(KINDS, self.idf, strict=True):
            matrix = vstack(list(_counts(kind, self.buckets, texts)), format="csr")
            matrix.data = (np.log(matrix.data) + 1) * idf[matrix.indices]
            total = normalize(matrix, copy=False) + total
        return total / np.float32(len(KINDS) ** 0.5)


def _counts(kind: tuple[str, int, int], buckets: int, texts: Sequence[str]) -> Any:
    """How often each n-gram stands in each text, chunk by chunk ``(n, buckets)``."""
    from sklearn.feature_extraction.text import HashingVectorizer

    analyzer, shortest, longest = kind
    words = {"token_pattern": WORD} if analyzer == "word" else {}
    vectorizer = HashingVectorizer(
        analyzer=analyzer,
        ngram_range=(shortest, longest),
        n_features=buckets,
        alternate_sign=False,
        norm=None,
        dtype=np.float32,
        **words,
    )
    for start in range(0, max(len(texts), 1), _CHUNK):
        yield vectorizer.transform(texts[start : start + _CHUNK])


SHARED = ("cosine", "hanzi and letters", "length")
"""What two texts have in common, a number each, from 0 to 1; the cosine is that of features which
aren't quite of length 1."""


def _likeness(first: Sequence[str], second: Sequence[str], shared: Any) -> np.ndarray:
    """The numbers of `SHARED`, ``(N, 3)``: cosine of TF-IDF, Jaccard index of the characters, ratio
    of the lengths."""
    rows = [
        (len(a & b) / max(1, len(a | b)), min(m, n) / max(1, m, n))
        for a, b, m, n in (
            (set(one), set(other), len(one), len(other))
            for one, other in zip(first, second, strict=True)
        )
    ]
    cosine = np.asarray(shared.sum(1)).reshape(-1, 1)
    return np.hstack([cosine, np.array(rows, np.float32).reshape(-1, 2)])
