"""Finds spans in texts: `python predict.py TEXT …`, or lines of standard input.

from predict import Model
Model().predict(["王小明在北京"])   # [{"label": [{"start": 0, "end": 3, "label": …}, …], …}]
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from weitiao.export.portable.places import Places
from weitiao.export.portable.running import label_lines
from weitiao.objectives.spans.sure import Found, found_in


class Model(Places):
    """Finds spans, each of a type."""

    def _found(
        self, scores: np.ndarray, places: list[np.ndarray], texts: Sequence[str]
    ) -> list[Found]:
        return found_in(scores, places, np.array(self.meaning["steps"], np.float32))

    def _said(self, text: str, found: Found) -> dict[str, Any]:
        spans = [(b, e, self.meaning["labels"][kind]) for b, e, kind in found.spans]
        return {
            "label": [{"start": b, "end": e, "label": kind} for b, e, kind in spans],
            "words": ", ".join(f"{text[b:e]} ({kind})" for b, e, kind in spans),
            "probability": found.sure,
        }


if __name__ == "__main__":
    label_lines(Model())
