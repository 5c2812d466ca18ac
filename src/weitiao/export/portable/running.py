"""A graph of onnxruntime or torch, and a model that labels lines by it."""

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import numpy as np

HERE = Path(__file__).resolve().parent


class Graph(NamedTuple):
    """What computes ``model.onnx`` or ``model.pt2``.

    Args:
        run: of inputs by their names.
        alone: whether rows are computed one by one. In 8 bits, numbers are rounded by the largest
            of a batch, so that what is said of a row would depend on those beside it.
    """

    run: Callable[[Mapping[str, np.ndarray]], np.ndarray]
    alone: bool


def graph_of(folder: Path) -> Graph:
    """The graph of a folder."""
    if (folder / "model.onnx").is_file():
        import onnxruntime

        session = onnxruntime.InferenceSession(folder / "model.onnx")
        names = {given.name for given in session.get_inputs()}
        alone = session.get_modelmeta().producer_name == "onnx.quantize"
        return Graph(lambda x: session.run(None, {n: x[n] for n in names})[0], alone)
    import torch

    graph = torch.export.load(folder / "model.pt2").module()

    def run(inputs: Mapping[str, np.ndarray]) -> np.ndarray:
        found: np.ndarray = graph({n: torch.from_numpy(v) for n, v in inputs.items()}).numpy()
        return found

    return Graph(torch.no_grad()(run), alone=False)


class Labels(Protocol):
    """A model that labels rows."""

    pair: bool

    def predict(self, rows: Sequence[Any]) -> list[dict[str, Any]]:
        """What it says of each row: a text, or of a model of pairs two of them."""


def label_lines(model: Labels) -> None:
    """Print what a model says of the arguments, or of the lines of standard input, in JSON."""
    lines = iter(sys.argv[1:] or (line.rstrip("\r\n") for line in sys.stdin))
    while some := [*islice(lines, 32)]:
        rows = [line.rsplit("\t", 1) for line in some] if model.pair else some
        for said in model.predict(rows):
            print(json.dumps(said, ensure_ascii=False), flush=True)
