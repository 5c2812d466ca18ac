"""Labels texts: `python predict.py TEXT …`, or lines of standard input; pairs by a tab.

from predict import Model
Model().predict(["这家店真好吃"])   # [{"label": …, "probabilities": {…}}]
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from text import Reader
from tokenizers import Tokenizer

from weitiao.export.portable.running import HERE, graph_of, label_lines


class Model:
    """The model of this folder."""

    def __init__(self, folder: Path = HERE) -> None:
        self.meaning: dict[str, Any] = json.loads((folder / "labels.json").read_text("utf-8"))
        features = folder / "features.npz"
        tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        found = features if features.is_file() else None
        self.read = Reader(folder / "text.json", tokenizer, found)
        self.graph = graph_of(folder)
        self.pair: bool = self.read.options["pair"]

    def predict(self, rows: Sequence[Any]) -> list[dict[str, Any]]:
        """What the model says of each row: a text, or of a model of pairs two of them."""
        return [self._said(row) for row in self.predictions(rows).astype(np.float64)]

    def predictions(self, rows: Sequence[Any]) -> np.ndarray:
        """Probabilities ``(N, C)`` of rows, or numbers ``(N,)``."""
        if self.graph.alone and len(rows) > 1:
            return np.concatenate([self.predictions([row]) for row in rows])
        columns = [[*x] for x in zip(*rows, strict=True)] if self.pair else [[*rows]]
        return self.graph.run(self.read(*columns))

    def _said(self, row: np.ndarray) -> dict[str, Any]:
        if not (labels := self.meaning["labels"]):
            return {"label": float(row)}
        shares = dict(zip(labels, row.tolist(), strict=True))
        if (decide := self.meaning["thresholds"]) is None:
            return {"label": labels[int(row.argmax())], "probabilities": shares}
        level, least, most = decide["threshold"], decide["at_least"], decide["at_most"]
        surest = (row - level).argsort()[::-1].tolist()
        given = [i for n, i in enumerate(surest) if n < least or row[i] >= level[i]][:most]
        return {"label": [labels[i] for i in sorted(given)], "probabilities": shares}


if __name__ == "__main__":
    label_lines(Model())
