"""TF-IDF of hashed n-grams with NumPy alone: the numbers of `weitiao.linear.NgramFeatures`."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from functools import lru_cache

import numpy as np


@lru_cache(1 << 16)  # most n-grams come again
def murmur3(text: str) -> int:
    """MurmurHash3 (Appleby 2011), 32 bits, seed 0, of the text's UTF-8, as a signed number."""
    data = text.encode("utf-8")
    hashed, body = 0, len(data) // 4 * 4
    for start in range(0, body, 4):
        k = int.from_bytes(data[start : start + 4], "little") * 0xCC9E2D51 & 0xFFFFFFFF
        hashed ^= ((k << 15 | k >> 17) & 0xFFFFFFFF) * 0x1B873593 & 0xFFFFFFFF
        hashed = ((hashed << 13 | hashed >> 19) & 0xFFFFFFFF) * 5 + 0xE6546B64 & 0xFFFFFFFF
    if tail := data[body:]:
        k = int.from_bytes(tail, "little") * 0xCC9E2D51 & 0xFFFFFFFF
        hashed ^= ((k << 15 | k >> 17) & 0xFFFFFFFF) * 0x1B873593 & 0xFFFFFFFF
    hashed ^= len(data)
    hashed = (hashed ^ hashed >> 16) * 0x85EBCA6B & 0xFFFFFFFF
    hashed = (hashed ^ hashed >> 13) * 0xC2B2AE35 & 0xFFFFFFFF
    hashed ^= hashed >> 16
    return hashed - 2**32 if hashed >= 2**31 else hashed


class Ngrams:
    """Features of rows.

    Args:
        idf: ``(kinds, buckets)`` float32.
        kinds: analyzer, shortest and longest n-gram of each row of ``idf``.
        word: regular expression of a word.
        both_texts: of pairs, whether each text's own n-grams are features too.
    """

    def __init__(
        self, idf: np.ndarray, kinds: Sequence[Sequence], word: str, both_texts: bool
    ) -> None:
        self.idf, self.kinds, self.word = idf, kinds, re.compile(word)
        self.both_texts, self.buckets = both_texts, idf.shape[1]

    def __call__(
        self, texts: Sequence[str], pairs: Sequence[str] | None
    ) -> list[tuple[np.ndarray, np.ndarray]]:
        """Number and value of each feature of each row that isn't 0."""
        rows = [self._of_text(text) for text in texts]
        if pairs is not None:
            seconds = [self._of_text(text) for text in pairs]
            rows = [
                self._of_pair(a, b, x, y)
                for a, b, x, y in zip(rows, seconds, texts, pairs, strict=True)
            ]
        return [
            (np.fromiter(row, np.int64, len(row)), np.fromiter(row.values(), np.float32, len(row)))
            for row in rows
        ]

    def _of_text(self, text: str) -> dict[int, float]:
        """Sublinear TF-IDF; each kind of n-grams has length 1 before both are added."""
        total: dict[int, float] = defaultdict(float)
        for (analyzer, shortest, longest), idf in zip(self.kinds, self.idf, strict=True):
            grams = _grams(self._units(text, analyzer), shortest, longest, analyzer)
            counts = Counter(abs(murmur3(gram)) % self.buckets for gram in grams)
            found = {i: float((np.log(n) + 1) * idf[i]) for i, n in counts.items()}
            length = sum(value * value for value in found.values()) ** 0.5
            for index, value in found.items():
                total[index] += value / length / len(self.idf) ** 0.5
        return total

    def _units(self, text: str, analyzer: str) -> Sequence[str]:
        lower = text.lower()
        return self.word.findall(lower) if analyzer == "word" else re.sub(r"\s\s+", " ", lower)

    def _of_pair(
        self, first: dict[int, float], second: dict[int, float], one: str, other: str
    ) -> dict[int, float]:
        """Perhaps each text's features; what they share, how they differ; how alike they are."""
        shared = {i: first[i] * second[i] for i in first if i in second}
        apart = {i: abs(first.get(i, 0) - second.get(i, 0)) for i in {*first, *second}}
        a, b, m, n = set(one), set(other), len(one), len(other)
        alike = (sum(shared.values()), len(a & b) / max(1, len(a | b)), min(m, n) / max(1, m, n))
        blocks = [*([first, second] if self.both_texts else []), shared, apart]
        row: dict[int, float] = {}
        for number, block in enumerate(blocks):
            row |= {number * self.buckets + i: value for i, value in block.items()}
        return row | {len(blocks) * self.buckets + i: value for i, value in enumerate(alike)}


def _grams(units: Sequence[str], shortest: int, longest: int, analyzer: str) -> Iterable[str]:
    joint = " " if analyzer == "word" else ""
    for size in range(shortest, longest + 1):
        for start in range(len(units) - size + 1):
            yield joint.join(units[start : start + size])
