"""Baselines of summaries: how a text begins, and train's summary of the most similar text."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from statistics import median
from typing import Any

import pyarrow as pa

from weitiao.objectives.baselines import Measured, Score
from weitiao.objectives.replies.baseline import nearest

# Chinese papers write a full stop as a point, too, with nothing behind it
_SENTENCE = re.compile(r".+?(?:[。！？!?\n]+|\.(?![0-9A-Za-z])|$)", re.DOTALL)


@dataclass(frozen=True)
class LeadSentence:
    """Writes the first sentence of each text.

    Args:
        sample: rows that are written of; null = all.
    """

    sample: int | None

    def measure(
        self, tables: Mapping[str, pa.Table], targets: Mapping[str, Any], score: Score
    ) -> Measured:
        """As `Baselines.measure`; ``beginning`` writes as many characters as half of the right
        texts of train have at most, ``nearest`` what train has of the text most alike (TF-IDF of
        character 1–3-grams, cosine). Rows beyond the sample are not written of."""
        train, right = (tables["train"][name].to_pylist() for name in ("text", "label"))
        texts = tables["test"]["text"].to_pylist()
        asked = texts[: self.sample]
        silent: list[str | None] = [None] * (len(texts) - len(asked))
        size = int(median(map(len, right)))
        others = {
            "beginning": [*(text.strip()[:size] for text in asked), *silent],
            "nearest": [*(right[place] for place in nearest(train, asked)), *silent],
        }
        said = [*map(first_sentence, asked), *silent]
        return Measured(said, targets["test"].to_pylist(), others)


def first_sentence(text: str) -> str:
    """The text up to the first mark that ends a sentence, or the first end of a line."""
    found = _SENTENCE.match(text.strip())
    return found[0].strip() if found else ""
