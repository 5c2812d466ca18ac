"""Of all begins and ends, the best that make an answer."""

from __future__ import annotations

import itertools
import math
import random

import numpy as np
import pytest

from weitiao.objectives.answers.edges import best_answers, units_under

TEXT = "王小明 in New York 学习"
OFFSETS = np.array(
    [(0, 1), (1, 2), (2, 3), (3, 3), (4, 6), (7, 10), (11, 15), (15, 15), (16, 17), (17, 18)]
)


def brute(begin: list[float], end: list[float], longest: int) -> list[tuple[float, str]]:
    """All answers with their log-probabilities, the best first."""
    found = []
    for i, j in itertools.combinations_with_replacement(range(len(OFFSETS)), 2):
        (b, bb), (e, ee) = OFFSETS[i], OFFSETS[j]
        if b < bb and e < ee and (ee - b <= longest or i == j):
            found.append((begin[i + 1] + end[j + 1], TEXT[b:ee]))
    return sorted(found, key=lambda pair: -pair[0])


@pytest.mark.parametrize("longest", [1, 3, 8, 100])
def test_they_are_the_best_of_all_pairs(longest: int) -> None:
    draw = random.Random(longest)
    for _ in range(20):
        begin, end = ([draw.uniform(-9, 0) for _ in range(11)] for _ in range(2))
        edges = (np.array(x) for x in (begin, end))
        found = best_answers(*edges, OFFSETS, TEXT, longest=longest, count=4)
        best = brute(begin, end, longest)[:4]
        assert [text for *_, text in found.answers] == [text for _, text in best]
        assert [math.log(sure) for sure in found.sure] == pytest.approx([x for x, _ in best])
        assert [TEXT[b:e] for b, e, _ in found.answers] == [text for *_, text in found.answers]
        assert found.doubt == pytest.approx(begin[0] + end[0] - best[0][0])


def test_there_may_be_fewer_than_are_asked_for() -> None:
    edges = np.zeros(2), np.zeros(2)
    found = best_answers(*edges, np.array([(0, 1)]), "字", longest=9, count=5)
    assert found.answers == [(0, 1, "字")]


def test_a_long_text_takes_no_memory_of_all_its_pairs() -> None:
    size = 60_000  # of which the pairs would take 29 GB
    places = np.stack([np.arange(size), np.arange(size) + 1], 1)
    begin, end = (np.full(1 + size, -20.0) for _ in range(2))
    begin[5] = end[size - 3] = -1.0
    found = best_answers(begin, end, places, "字" * size, longest=size, count=3)
    assert found.answers[0][:2] == (4, size - 3)
    assert len(found.answers) == 3


@pytest.mark.parametrize("offsets", [[], [(0, 0)]])
def test_a_text_without_words_has_no_answer(offsets: list[tuple[int, int]]) -> None:
    edges = np.array([0.0, -math.inf]), np.array([0.0, -math.inf])
    places = np.array(offsets, np.int64).reshape(-1, 2)
    found = best_answers(*edges, places, " ", longest=9, count=5)
    assert (found.answers, found.none, found.doubt) == ([], 1.0, math.inf)


@pytest.mark.parametrize(
    ("part", "units"),
    [
        ((0, 3), (0, 2)),
        ((7, 15), (5, 6)),
        ((8, 12), (5, 6)),
        ((3, 4), None),
        ((2, 17), (2, 8)),
        ((0, 4), (0, 2)),
        ((10, 16), (6, 6)),
    ],
)
def test_units_under_an_answer(part: tuple[int, int], units: tuple[int, int] | None) -> None:
    assert units_under(*part, OFFSETS) == units
