"""Answers questions about texts: `python predict.py TEXT<tab>QUESTION …`, or lines of such.

from predict import Model
Model().predict([("王小明在北京", "谁在北京？")])   # [{"label": [{"start": 0, "end": 3, …}], …}]
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from weitiao.export.portable.places import Places
from weitiao.export.portable.running import label_lines
from weitiao.objectives.answers.edges import Found, best_answers


class Model(Places):
    """Finds where the answer to a question stands, or that there is none."""

    def _found(
        self, scores: np.ndarray, places: list[np.ndarray], texts: Sequence[str]
    ) -> list[Found]:
        longest, count = self.meaning["longest"], self.meaning["best"]
        return [
            best_answers(edges[:, 0], edges[:, 1], offsets, text, longest=longest, count=count)
            for edges, offsets, text in zip(scores, places, texts, strict=True)
        ]

    def _said(self, text: str, found: Found) -> dict[str, Any]:
        answers = [{"start": b, "end": e, "text": said} for b, e, said in found.answers]
        given = answers[:1] if found.doubt <= self.meaning["threshold"] else []
        return {
            "label": given,
            "words": given[0]["text"] if given else "",
            "probability": found.sure[0] if found.sure else 0.0,
            **({"probability_none": found.none} if self.meaning["unanswerable"] else {}),
            "best": [
                answer | {"probability": sure}
                for answer, sure in zip(answers, found.sure, strict=True)
            ],
        }


if __name__ == "__main__":
    label_lines(Model())
