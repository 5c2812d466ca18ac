"""Simpler models of spans: names that train has, and a linear model of each word or hanzi."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import pyarrow as pa

from weitiao.io.arrow import Ragged
from weitiao.objectives.baselines import Measured, Score
from weitiao.objectives.span_tags import Span, spans_of, tags_of

CHOICES = (0.1, 0.3, 1.0)
"""Values of C, tried on validation."""
FEATURES = 2**18  # hashed
AROUND = 3  # units on either side that a unit is judged by
_UNIT = re.compile(r"[^\W_\u2e80-\uffff\U00020000-\U0003ffff]+|\S")
"""A Latin word or number, or one other character that is no space."""


@dataclass(frozen=True)
class SpanModels:
    """A dictionary of the spans of train, and a linear support vector machine of units."""

    def measure(
        self, tables: Mapping[str, pa.Table], targets: Mapping[str, Ragged], score: Score
    ) -> Measured:
        """As `Baselines.measure`; ``dictionary`` finds what is a span of train, longest first."""
        texts = {split: table["original"].to_pylist() for split, table in tables.items()}
        true = {split: _lists(ragged) for split, ragged in targets.items()}
        found = Dictionary.of(texts["train"], true["train"])
        said = [found.spans(text) for text in texts["test"]]
        c, predicted = _tagged(texts, true, score)
        return Measured(c, predicted, true["test"], {"dictionary": said})


class Dictionary:
    """Spans by their units, each with its most frequent type."""

    def __init__(self, types: Mapping[tuple[str, ...], int]) -> None:
        self.types = types
        self.longest = max(map(len, types), default=0)

    @classmethod
    def of(cls, texts: Sequence[str], spans: Sequence[Sequence[Span]]) -> Dictionary:
        """Those of rows."""
        seen: defaultdict[tuple[str, ...], Counter[int]] = defaultdict(Counter)
        for text, row in zip(texts, spans, strict=True):
            for begin, end, kind in row:
                seen[tuple(_UNIT.findall(text[begin:end]))][kind] += 1
        return cls({name: kinds.most_common(1)[0][0] for name, kinds in seen.items() if name})

    def spans(self, text: str) -> list[Span]:
        """Those in a text, the longest at each place."""
        units, found, place = [*_UNIT.finditer(text)], list[Span](), 0
        words = [unit[0] for unit in units]
        while place < len(units):
            for count in range(min(self.longest, len(units) - place), 0, -1):
                kind = self.types.get(tuple(words[place : place + count]))
                if kind is not None:
                    found.append((units[place].start(), units[place + count - 1].end(), kind))
                    place += count
                    break
            else:
                place += 1
        return found


def _lists(ragged: Ragged) -> list[list[Span]]:
    rows = ragged.lists(np.arange(len(ragged.lengths)))
    return [[(b, e, k) for b, e, k in row.reshape(-1, 3).tolist()] for row in rows]


def _tagged(
    texts: Mapping[str, list[str]], true: Mapping[str, list[list[Span]]], score: Score
) -> tuple[float, list[list[Span]]]:
    """The best C, and the spans of test."""
    from sklearn.feature_extraction import FeatureHasher
    from sklearn.svm import LinearSVC

    hasher = FeatureHasher(FEATURES, input_type="string", alternate_sign=False, dtype=np.float32)
    places = {split: [*map(_places, rows)] for split, rows in texts.items()}
    x = {
        s: hasher.transform(f for text in rows for f in _features(text))
        for s, rows in texts.items()
    }
    tags = np.concatenate(
        [tags_of(row, offsets) for row, offsets in zip(true["train"], places["train"], strict=True)]
    )
    best: tuple[float, float, Any] | None = None
    for c in CHOICES:
        model = LinearSVC(C=c, random_state=0).fit(x["train"], tags)
        found = score(_spans(model.predict(x["val"]), places["val"]), true["val"])
        if best is None or found > best[0]:
            best = (found, c, model)
    assert best is not None
    return best[1], _spans(best[2].predict(x["test"]), places["test"])


def _spans(tags: np.ndarray, places: Sequence[np.ndarray]) -> list[list[Span]]:
    """The spans of rows; a span that goes on without a begin begins."""
    rows = np.split(tags, np.cumsum([len(offsets) for offsets in places])[:-1])
    found = []
    for row, offsets in zip(rows, places, strict=True):
        before = np.concatenate([[0], row[:-1]])
        inside = (row > 0) & (row % 2 == 0)
        alone = inside & (before != row) & (before != row - 1)
        found.append(spans_of(row - alone, offsets))
    return found


def _places(text: str) -> np.ndarray:
    """Begin and end of each unit, ``(T, 2)``."""
    return np.array([unit.span() for unit in _UNIT.finditer(text)], np.int64).reshape(-1, 2)


def _features(text: str) -> Iterator[list[str]]:
    """What each unit is judged by: itself, its form and its ends, and its neighbours."""
    units = _UNIT.findall(text)
    padded = ["<"] * AROUND + units + [">"] * AROUND
    for place in range(AROUND, AROUND + len(units)):
        unit, near = padded[place], padded[place - AROUND : place + AROUND + 1]
        found = [f"{i}={word.lower()}" for i, word in enumerate(near)]
        found += [f"{i}:{a}{b}" for i, (a, b) in enumerate(pairwise(near))]
        found += [f"form {i} {_form(padded[place + i])}" for i in (-1, 0, 1)]
        found += [f"begin {unit[:n]}" for n in (1, 2, 3)] + [f"end {unit[-n:]}" for n in (1, 2, 3)]
        yield [*found, f"word {unit}"]


def _form(unit: str) -> str:
    """Its kinds of characters, runs as one: ``Aa`` of a name, ``0`` of a number."""
    marks = (
        "0" if c.isdigit() else "A" if c.isupper() else "a" if c.islower() else c for c in unit
    )
    return re.sub(r"(.)\1+", r"\1", "".join(marks))[:6]
