"""Baselines of choices: the option that shares most with its question, the most frequent letter."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from weitiao.objectives.answers.baseline import words_of
from weitiao.objectives.baselines import Measured, Score


@dataclass(frozen=True)
class MostShared:
    """Says the option that has most words and hanzi in common with passage and question.

    Of several the one with fewer others, then the first. Nothing is learned.
    """

    def measure(
        self, tables: Mapping[str, pa.Table], targets: Mapping[str, Any], score: Score
    ) -> Measured:
        """As `Baselines.measure`; ``majority`` says the place that is right most often in train,
        or the last of a row that has fewer."""
        test = tables["test"]
        options = [json.loads(cell) for cell in test["pair"].to_pylist()]
        said = [*map(nearest, test["text"].to_pylist(), options)]
        usual = int(np.bincount(targets["train"]).argmax())
        constant = [min(usual, len(row) - 1) for row in options]
        found, simpler = np.array(said, np.int64), np.array(constant, np.int64)
        return Measured(found, targets["test"], {"majority": simpler})


def nearest(text: str, options: list[str]) -> int:
    """The place of the option that shares most with a text."""
    asked = words_of(text)
    shares = [(-len(asked & words), len(words)) for words in map(words_of, options)]
    return min(range(len(options)), key=shares.__getitem__)
