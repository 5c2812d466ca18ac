"""Baselines of spans: a dictionary of train, and a linear model of each word or hanzi."""

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
from weitiao.io.spans.units import UNIT
from weitiao.objectives.baselines import Measured, Score
from weitiao.objectives.spans.chain import Chain
from weitiao.objectives.spans.tags import Span, best_tags, spans_of, tags_of

CHOICES = (0.1, 0.3)
"""Values of C, tried on validation."""
FEATURES = 2**18  # hashed
AROUND = 3  # units on either side that a unit is judged by
MOSTLY = 0.5  # of its places in train: what is a span less often isn't in the dictionary
_NEVER = -1e3  # score of a tag that train lacks


@dataclass(frozen=True)
class SpanModels:
    """A dictionary of the spans of train, and a linear support vector machine of units.

    Args:
        types: number of types.
    """

    types: int

    def measure(
        self, tables: Mapping[str, pa.Table], targets: Mapping[str, Ragged], score: Score
    ) -> Measured:
        """As `Baselines.measure`; ``dictionary`` finds what is a span of train, longest first."""
        texts = {split: table["original"].to_pylist() for split, table in tables.items()}
        true = {split: _lists(ragged) for split, ragged in targets.items()}
        found = Dictionary.of(texts["train"], true["train"])
        said = [found.spans(text) for text in texts["test"]]
        c, predicted = self._tagged(texts, true, score)
        return Measured(predicted, true["test"], {"dictionary": said}, c)

    def _tagged(
        self, texts: Mapping[str, list[str]], true: Mapping[str, list[list[Span]]], score: Score
    ) -> tuple[float, list[list[Span]]]:
        """The best C, and the spans of test: of the tags that make sense the best, by Viterbi."""
        from sklearn.feature_extraction import FeatureHasher
        from sklearn.svm import LinearSVC

        hasher = FeatureHasher(
            FEATURES, input_type="string", alternate_sign=False, dtype=np.float32
        )
        x = {
            s: hasher.transform(f for t in rows for f in _features(t)) for s, rows in texts.items()
        }
        places = {split: [*map(_places, rows)] for split, rows in texts.items()}
        pairs = zip(true["train"], places["train"], strict=True)
        tags = np.concatenate([tags_of(row, offsets) for row, offsets in pairs])
        best: tuple[float, float, Any] | None = None
        for c in CHOICES:
            model = LinearSVC(C=c, random_state=0).fit(x["train"], tags)
            found = score(self._spans(model, x["val"], places["val"]), true["val"])
            if best is None or found > best[0]:
                best = (found, c, model)
        assert best is not None
        return best[1], self._spans(best[2], x["test"], places["test"])

    def _spans(self, model: Any, x: Any, places: Sequence[np.ndarray]) -> list[list[Span]]:
        steps, scores = (
            Chain(self.types, learned=False).scores().numpy(),
            model.decision_function(x),
        )
        if scores.ndim == 1:  # of two tags, that of the second one
            scores = np.stack([-scores, scores], 1)
        emissions = np.full((len(scores), 2 * self.types + 1), _NEVER, np.float32)
        emissions[:, model.classes_] = scores
        rows = np.split(emissions, np.cumsum([len(offsets) for offsets in places])[:-1])
        return [
            spans_of(best_tags(row[None], np.array([len(row)]), steps)[0], offsets)
            if len(row)
            else []
            for row, offsets in zip(rows, places, strict=True)
        ]


class Dictionary:
    """Spans by their units, each with its most frequent type."""

    def __init__(self, types: Mapping[tuple[str, ...], int]) -> None:
        self.types = types
        self.longest = max(map(len, types), default=0)

    @classmethod
    def of(cls, texts: Sequence[str], spans: Sequence[Sequence[Span]]) -> Dictionary:
        """Those of rows, as far as they are mostly spans where they stand."""
        seen: defaultdict[tuple[str, ...], Counter[int]] = defaultdict(Counter)
        for text, row in zip(texts, spans, strict=True):
            for begin, end, kind in row:
                seen[tuple(UNIT.findall(text[begin:end]))][kind] += 1
        every = cls({name: kinds.most_common(1)[0][0] for name, kinds in seen.items() if name})
        places = Counter(
            tuple(UNIT.findall(text[begin:end]))
            for text in texts
            for begin, end, _ in every.spans(text)
        )
        kept = {
            name: kind
            for name, kind in every.types.items()
            if seen[name].total() >= MOSTLY * places[name]
        }
        return cls(kept)

    def spans(self, text: str) -> list[Span]:
        """Those in a text, the longest at each place."""
        units, found, place = [*UNIT.finditer(text)], list[Span](), 0
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


def _places(text: str) -> np.ndarray:
    """Begin and end of each unit, ``(T, 2)``."""
    return np.array([unit.span() for unit in UNIT.finditer(text)], np.int64).reshape(-1, 2)


def _features(text: str) -> Iterator[list[str]]:
    """What each unit is judged by: itself, its form and its ends, its neighbours, its word."""
    units = UNIT.findall(text)
    padded = ["<"] * AROUND + units + [">"] * AROUND
    for place, word in enumerate(_words(text), AROUND):
        unit, near = padded[place], padded[place - AROUND : place + AROUND + 1]
        found = [f"{i}={other.lower()}" for i, other in enumerate(near)]
        found += [f"{i}:{a}{b}" for i, (a, b) in enumerate(pairwise(near))]
        found += [f"form {i} {_form(padded[place + i])}" for i in (-1, 0, 1)]
        found += [f"begin {unit[:n]}" for n in (1, 2, 3)] + [f"end {unit[-n:]}" for n in (1, 2, 3)]
        yield [*found, f"unit {unit}", *word]


def _words(text: str) -> Iterator[list[str]]:
    """Of each unit the word that rjieba sees it in, its place there, and the words beside."""
    import rjieba  # reads its dictionary at once

    words = ["<", *rjieba.cut(text), ">"]
    ends, number = np.cumsum([0, *map(len, words[1:-1])]), 1
    for unit in UNIT.finditer(text):
        while ends[number] <= unit.start():
            number += 1
        before, word, after = words[number - 1 : number + 2]
        place = unit.start() == ends[number - 1]
        yield [
            *(f"word {word}", f"word {word} {place}", f"first {place}", f"last {word[-1]}"),
            *(f"before {before}", f"after {after}", f"long {len(word)} {place}"),
        ]


def _form(unit: str) -> str:
    """Its kinds of characters, runs as one: ``Aa`` of a name, ``0`` of a number."""
    kinds = (
        "0" if c.isdigit() else "A" if c.isupper() else "a" if c.islower() else c for c in unit
    )
    return re.sub(r"(.)\1+", r"\1", "".join(kinds))[:6]
