"""Simpler answers: that of the prompt that is most alike, and the commonest one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from weitiao.objectives.baselines import Measured, Score
from weitiao.objectives.replies.said import Matching

ROWS = 256  # whose cosines with all of train are held at a time


@dataclass(frozen=True)
class NearestPrompt:
    """Says the answer of the prompt of train that shares most character 1–3-grams (TF-IDF, cosine).

    Args:
        matching: says what counts of an answer.
        sample: rows that are answered; null = all.
    """

    matching: Matching
    sample: int | None

    def measure(
        self, tables: Mapping[str, pa.Table], targets: Mapping[str, Any], score: Score
    ) -> Measured:
        """As `Baselines.measure`; ``majority`` says the answer of train of which what counts is the
        commonest, the first that has it. Rows beyond the sample are not answered."""
        train, right = (tables["train"][name].to_pylist() for name in ("text", "label"))
        count = tables["test"].num_rows
        asked = count if self.sample is None else min(self.sample, count)
        places = nearest(train, tables["test"]["text"].to_pylist()[:asked])
        silent: list[str | None] = [None] * (count - asked)
        usual = commonest(right, self.matching)
        said = [*(right[place] for place in places), *silent]
        constant = [*[usual] * asked, *silent]
        return Measured(said, targets["test"].to_pylist(), {"majority": constant})


def nearest(train: Sequence[str], prompts: Sequence[str]) -> list[int]:
    """The place of the text of train that is most like each prompt; of several the first."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    vectorizer = TfidfVectorizer(
        analyzer="char", ngram_range=(1, 3), sublinear_tf=True, dtype=np.float32
    )
    known = vectorizer.fit_transform(train).T.tocsr()
    found: list[int] = []
    for begin in range(0, len(prompts), ROWS):
        cosines = vectorizer.transform(prompts[begin : begin + ROWS]) @ known
        found += np.asarray(cosines.argmax(1)).ravel().tolist()
    return found


def commonest(answers: Sequence[str], matching: Matching) -> str:
    """The first answer of which what counts stands in most."""
    keys = [matching.key(answer) for answer in answers]
    counts = Counter(key for key in keys if key is not None)
    if not counts:
        return answers[0]
    ((usual, _),) = counts.most_common(1)
    return answers[keys.index(usual)]
