"""What models that predict places in a text have in common."""

import json
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from text import PlaceReader
from tokenizers import Tokenizer

from weitiao.export.portable.running import HERE, graph_of

AT_ONCE = 4096  # characters, for which many windows stand at once in memory


class Places(ABC):
    """The model of this folder. Places are counted in code points of the text as it is given."""

    def __init__(self, folder: Path = HERE) -> None:
        self.meaning: dict[str, Any] = json.loads((folder / "labels.json").read_text("utf-8"))
        tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self.read = PlaceReader(folder / "text.json", tokenizer, None)
        self.graph = graph_of(folder)
        self.pair: bool = self.read.options["pair"]

    def predict(self, rows: Sequence[Any]) -> list[dict[str, Any]]:
        """What the model says of each row: a text, or a text and a question about it."""
        texts = [text for text, _ in rows] if self.pair else rows
        return [*map(self._said, texts, self.predictions(rows))]

    def predictions(self, rows: Sequence[Any]) -> list[Any]:
        """What it finds in each row, before it is put into words."""
        found: list[Any] = []
        for some in self._parts(rows):
            columns = [[*x] for x in zip(*some, strict=True)] if self.pair else [some]
            inputs, places = self.read.windows(*columns)
            found += self._found(self.graph.run(inputs), places, columns[0])
        return found

    def _parts(self, rows: Sequence[Any]) -> Iterator[list[Any]]:
        """As many rows as are computed at once."""
        some, size = list[Any](), 0
        for row in rows:
            length = sum(map(len, row)) if self.pair else len(row)
            if some and (self.graph.alone or size + length > AT_ONCE):
                yield some
                some, size = [], 0
            some.append(row)
            size += length
        if some:
            yield some

    @abstractmethod
    def _found(
        self, scores: np.ndarray, places: list[np.ndarray], texts: Sequence[str]
    ) -> list[Any]:
        """What the graph's scores of units at these places mean."""

    @abstractmethod
    def _said(self, text: str, found: Any) -> dict[str, Any]:
        """The same for people."""
