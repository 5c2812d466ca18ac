"""Baselines of translations: train's translation of the most similar text, and a copy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from weitiao.objectives.baselines import Measured, Score
from weitiao.objectives.replies.baseline import nearest


@dataclass(frozen=True)
class NearestSource:
    """Writes what train has of the text that shares most character 1–3-grams (TF-IDF, cosine).

    Args:
        sample: rows that are translated; null = all.
    """

    sample: int | None

    def measure(
        self, tables: Mapping[str, pa.Table], targets: Mapping[str, Any], score: Score
    ) -> Measured:
        """As `Baselines.measure`; ``copy`` writes the text itself. Rows beyond the sample are not
        translated."""
        train, right = (tables["train"][name].to_pylist() for name in ("text", "label"))
        texts = tables["test"]["text"].to_pylist()
        asked = texts[: self.sample]
        silent: list[str | None] = [None] * (len(texts) - len(asked))
        said = [*(right[place] for place in nearest(train, asked)), *silent]
        return Measured(said, targets["test"].to_pylist(), {"copy": [*asked, *silent]})
