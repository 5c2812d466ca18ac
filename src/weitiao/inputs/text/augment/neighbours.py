"""Nearest words by published vectors, as the model of nlpaug's augmenter."""

import re
from itertools import islice
from pathlib import Path

import numpy as np

from weitiao.errors import DataError
from weitiao.inputs.text.word_vector_file import VectorFile

KEPT = 20_000  # words; published files begin with the most frequent


class Neighbours:
    """The words of a file with their nearest others by cosine, found when first asked for.

    Args:
        file: in any format of `VectorFile`; of a large one only the first 20,000 words are kept.
        top: how many others a word has.
        keep: finds words that have none, and are nobody's.

    Raises:
        DataError: the file is missing, broken, or has a single word.
    """

    def __init__(self, file: str, top: int, keep: re.Pattern[str]) -> None:
        self.top = top
        self.places: dict[str, int] = {}
        vectors: list[np.ndarray] = []
        with VectorFile(Path(file)) as records:
            for record in islice(records, KEPT):
                word = record.word.decode(errors="replace")
                if word not in self.places and not keep.search(word):
                    self.places[word] = len(vectors)
                    vectors.append(records.vector(record))
        if len(vectors) < 2:
            raise DataError("a single word has no neighbours", file=file)
        self.words = list(self.places)
        matrix = np.stack(vectors)
        self.matrix = matrix / np.maximum(np.linalg.norm(matrix, axis=1, keepdims=True), 1e-12)
        self._found: dict[str, list[str]] = {}

    def get_vocab(self) -> dict[str, int]:
        """What knows a word in constant time; nlpaug's own list is searched for every word."""
        return self.places

    def predict(self, word: str, n: int = 1) -> list[str]:
        """The nearest others; never none, which nlpaug could not bear."""
        if word not in self._found:
            place = self.places[word]
            near = self.matrix @ self.matrix[place]  # (V,)
            near[place] = -np.inf
            best = np.argpartition(-near, min(self.top, len(near) - 1) - 1)[: self.top]
            best = best[np.argsort(-near[best], kind="stable")]
            self._found[word] = [self.words[i] for i in best.tolist() if i != place]
        return self._found[word]
