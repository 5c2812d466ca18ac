"""N-gram models: what the formula says, computed n-gram by n-gram."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence

import numpy as np
import pytest
from kneser_ney import KneserNey

VOCABULARY = 7
END = 6
Texts = list[list[int]]


def texts(count: int, seed: int) -> Texts:
    """Texts in which some ids follow others more often."""
    draw = random.Random(seed)
    return [
        [draw.choice([0, 0, 1, 2, 3, 3, 4]) if draw.random() < 0.7 else place % 5 for place in row]
        + [END]
        for row in (range(draw.randint(1, 12)) for _ in range(count))
    ]


class ByHand:
    """Chen and Goodman's equations, with a dictionary of n-grams for each length."""

    def __init__(self, train: Texts, n: int) -> None:
        self.counts = [Counter[tuple[int, ...]]() for _ in range(n + 1)]
        for text in train:
            whole = [VOCABULARY] * (n - 1) + text
            self.counts[n].update(tuple(whole[i : i + n]) for i in range(len(text)))
        for length in range(n - 1, 0, -1):
            self.counts[length].update(gram[1:] for gram in self.counts[length + 1])

    def discount(self, length: int, count: int) -> float:
        if count == 0:
            return 0.0
        times = Counter(self.counts[length].values())
        count = min(count, 3)
        y = times[1] / max(times[1] + 2 * times[2], 1)
        found = count - (count + 1) * y * times[count + 1] / max(times[count], 1)
        return min(max(found, 0.0), count)

    def __call__(self, context: Sequence[int], one: int) -> float:
        chance = 1 / VOCABULARY
        for length, counts in enumerate(self.counts[1:], start=1):
            known = tuple(context[len(context) - length + 1 :])
            after = {gram: count for gram, count in counts.items() if gram[:-1] == known}
            if not after:
                continue
            taken = sum(self.discount(length, count) for count in after.values())
            count = after.get((*known, one), 0)
            left = count - self.discount(length, count)
            chance = (left + taken * chance) / sum(after.values())
        return chance


@pytest.mark.parametrize("n", [1, 2, 3, 5])
def test_probabilities_are_those_of_the_formula(n: int) -> None:
    train, test = texts(60, seed=0), texts(12, seed=1)
    test.append([5, 0, 5, END])  # train never has 5
    by_hand = ByHand(train, n)
    wanted = []
    for text in test:
        whole = [VOCABULARY] * (n - 1) + text
        wanted += [by_hand(whole[i : i + n - 1], one) for i, one in enumerate(text)]
    assert KneserNey(train, VOCABULARY, n).chances(test) == pytest.approx(np.array(wanted))


def test_the_ids_that_may_follow_share_one() -> None:
    model = KneserNey(texts(60, seed=0), VOCABULARY)
    for begun in ([], [0], [5, 5], [0, 0, 3, 1, 4]):
        follow = model.chances([[*begun, one] for one in range(VOCABULARY)])
        assert follow[len(begun) :: len(begun) + 1].sum() == pytest.approx(1)
