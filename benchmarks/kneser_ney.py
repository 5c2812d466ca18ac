"""An n-gram model over ids with interpolated modified Kneser–Ney smoothing.

Chen and Goodman, An empirical study of smoothing techniques for language modeling (1999), section
3: three discounts for each order; lower orders count the ids before which an n-gram was seen; the
lowest is mixed with the uniform distribution.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Ids = NDArray[np.int64]


@dataclass(frozen=True)
class Order:
    """What n-grams of one length say of the id that follows their context.

    Args:
        grams: known n-grams, sorted: number of the context × vocabulary + id.
        counts: of each of them, or of the ids before it.
        total: of each context, by its number.
        held_out: of each context: what the discounts took from its n-grams.
        discounts: of n-grams that were counted once, twice, and more often.
    """

    grams: Ids
    counts: Ids
    total: Ids
    held_out: NDArray[np.float64]
    discounts: NDArray[np.float64]


def order_of(keys: Ids, counts: Ids, vocabulary: int, contexts: int) -> Order:
    """The order of n-grams with these keys and counts; contexts are numbered."""
    n1, n2, n3, n4 = ((counts == k).sum() for k in (1, 2, 3, 4))
    y = n1 / max(n1 + 2 * n2, 1)
    found = [1 - 2 * y * n2 / max(n1, 1), 2 - 3 * y * n3 / max(n2, 1), 3 - 4 * y * n4 / max(n3, 1)]
    discounts = np.clip(found, 0, (1, 2, 3))
    taken = discounts[np.minimum(counts, 3) - 1]
    context = keys // vocabulary
    total = np.bincount(context, counts, contexts).astype(np.int64)
    held_out = np.bincount(context, taken, contexts) / np.maximum(total, 1)
    return Order(keys, counts, total, held_out, discounts)


def found_in(known: Ids, keys: Ids) -> Ids:
    """The place of each key among the known ones, which are sorted; -1 = unknown."""
    places = np.minimum(np.searchsorted(known, keys), len(known) - 1)
    return np.where(known[places] == keys, places, -1)


class KneserNey:
    """The model of some texts.

    Args:
        texts: ids of each.
        vocabulary: number of ids; the next one stands before each text, as often as needed.
        n: length of the longest n-grams.
    """

    def __init__(self, texts: Iterable[Sequence[int]], vocabulary: int, n: int = 5) -> None:
        self.vocabulary, self.n = vocabulary + 1, n
        ids, first = self._joined(texts)
        # numbers of the n-grams that end at each place, by length; those of none are 0
        number, self.orders, known = np.zeros(len(ids), np.int64), [], []
        for _ in range(n):
            before = np.concatenate([[0], number[:-1]])
            keys, number = np.unique(before * self.vocabulary + ids, return_inverse=True)
            known.append((keys, np.bincount(number[~first], minlength=len(keys))))
        self.known = [keys for keys, _ in known]
        shorter = self._suffixes(ids, first)
        for length, (keys, counts) in enumerate(known):
            if length + 1 < n:  # the ids before it, each once
                longer = shorter[length][known[length + 1][1] > 0]
                counts = np.bincount(longer, minlength=len(keys))
            seen = counts > 0
            contexts = 1 if length == 0 else len(known[length - 1][0])
            self.orders.append(order_of(keys[seen], counts[seen], self.vocabulary, contexts))

    def _joined(self, texts: Iterable[Sequence[int]]) -> tuple[Ids, NDArray[np.bool_]]:
        """All texts in a row with what stands before each, and whether an id is that."""
        before = [self.vocabulary - 1] * (self.n - 1)
        parts = [np.array([*before, *text], np.int64) for text in texts]
        first = [np.arange(len(part)) < self.n - 1 for part in parts]
        return np.concatenate(parts), np.concatenate(first)

    def _numbers(self, ids: Ids) -> list[Ids]:
        """The number of the n-gram that ends at each place, by length; -1 = unknown."""
        numbers: list[Ids] = []
        number = np.zeros(len(ids), np.int64)
        for keys in self.known:
            before = np.concatenate([[0], number[:-1]])
            found = found_in(keys, before * self.vocabulary + ids)
            number = np.where(before < 0, -1, found)
            numbers.append(number)
        return numbers

    def _suffixes(self, ids: Ids, first: NDArray[np.bool_]) -> list[Ids]:
        """The number of each n-gram without its first id, by length less one."""
        numbers = self._numbers(ids)
        suffixes = []
        for longer, shorter, keys in zip(numbers[1:], numbers, self.known[1:], strict=False):
            of = np.zeros(len(keys), np.int64)
            of[longer] = shorter
            suffixes.append(of)
        return suffixes

    def chances(self, texts: Iterable[Sequence[int]]) -> NDArray[np.float64]:
        """The probability of each id of the texts, after those before it."""
        ids, first = self._joined(texts)
        numbers = self._numbers(ids)
        chance = np.full(len(ids), 1 / (self.vocabulary - 1))
        for length, order in enumerate(self.orders):
            nothing = np.zeros(len(ids), np.int64)
            context = nothing if length == 0 else np.concatenate([[-1], numbers[length - 1][:-1]])
            usable = (context >= 0) & (order.total[context] > 0)
            place = found_in(order.grams, np.where(usable, context, 0) * self.vocabulary + ids)
            count = np.where(usable & (place >= 0), order.counts[place], 0)
            left = count - np.where(count, order.discounts[np.minimum(count, 3) - 1], 0)
            mixed = left / np.maximum(order.total[context], 1) + order.held_out[context] * chance
            chance = np.where(usable, mixed, chance)
        return chance[~first]
