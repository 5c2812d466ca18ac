"""Labels texts: `python predict.py TEXT …`, or lines of standard input; pairs by a tab.

from predict import Model
Model().predict(["这家店真好吃"])   # [{"label": …, "probabilities": {…}}]
"""

import json
import sys
from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from text import Reader
from tokenizers import Tokenizer

HERE = Path(__file__).resolve().parent


class Model:
    """The model of this folder: ONNX by onnxruntime, or a graph of torch."""

    def __init__(self, folder: Path = HERE) -> None:
        self.meaning: dict[str, Any] = json.loads((folder / "labels.json").read_text("utf-8"))
        features = folder / "features.npz"
        tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        found = features if features.is_file() else None
        self.read = Reader(folder / "text.json", tokenizer, found)
        if (folder / "model.onnx").is_file():
            import onnxruntime

            session = onnxruntime.InferenceSession(folder / "model.onnx")
            names = {given.name for given in session.get_inputs()}
            self.run = lambda x: session.run(None, {n: v for n, v in x.items() if n in names})[0]
        else:
            import torch

            graph = torch.export.load(folder / "model.pt2").module()
            self.run = lambda x: (
                graph({n: torch.from_numpy(v) for n, v in x.items()}).detach().numpy()
            )

    def predict(self, rows: Sequence[Any]) -> list[dict[str, Any]]:
        """What the model says of each row: a text, or of a model of pairs two of them."""
        columns = (
            [[*x] for x in zip(*rows, strict=True)] if self.read.options["pair"] else [[*rows]]
        )
        return [self._said(row) for row in self.run(self.read(*columns)).astype(np.float64)]

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
    model = Model()
    lines = iter(sys.argv[1:] or (line.rstrip("\r\n") for line in sys.stdin))
    while some := [*islice(lines, 32)]:
        rows = [line.split("\t") for line in some] if model.read.options["pair"] else some
        for said in model.predict(rows):
            print(json.dumps(said, ensure_ascii=False), flush=True)
