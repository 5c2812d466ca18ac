"""Word vectors for a vocabulary, picked from a file in one pass."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from weitiao.errors import DataError
from weitiao.inputs.text.special_tokens import SPECIALS, UNK
from weitiao.inputs.text.text_encoder import TextEncoder
from weitiao.inputs.text.word_vector_file import VectorFile
from weitiao.io.tables import expand


@dataclass(frozen=True)
class WordVectors:
    """A vector for each id of a vocabulary.

    Args:
        file: where they come from.
        matrix: ``(V, D)`` float32.
        found: ``(V,)`` bool: where the file has a vector. The others are random, of the same
            standard deviation; that of padding is zero.
    """

    file: Path
    matrix: np.ndarray
    found: np.ndarray

    def report(self, splits: Mapping[str, pa.Table]) -> dict[str, Any]:
        """What ``audit.json`` says about them."""
        return {
            "file": str(self.file),
            "width": self.matrix.shape[1],
            "vocabulary_share": float(self.found[len(SPECIALS) :].mean()),
            "text_share": {split: self._share_of(table) for split, table in splits.items()},
        }

    def _share_of(self, encoded: pa.Table) -> float:
        """Share of the running words that have a vector; those outside the vocabulary have none."""
        ids = encoded["input_ids"].combine_chunks().flatten().to_numpy()
        words = ids[(ids >= len(SPECIALS)) | (ids == SPECIALS.index(UNK))]
        return float(self.found[words].mean()) if len(words) else 0.0


def file_of_vectors(name: str) -> Path:
    """The file of that name.

    Raises:
        DataError: it is missing, or a pattern names more than one.
    """
    path, *others = expand(name)
    if others:
        raise DataError("word vectors come from one file", file=name)
    return path


def read_vectors(name: str, encoder: TextEncoder, lowercase: bool) -> WordVectors:
    """Vectors of the encoder's vocabulary; where the file repeats a word, the first counts.

    Takes time in proportion to the file and memory in proportion to the vocabulary. The numbers of
    other words are counted, not read.

    Args:
        name: the file, in any format of `VectorFile`.
        encoder: has a vocabulary of words or characters.
        lowercase: take the vector of "The" for "the", if the file lacks "the".

    Raises:
        DataError: the file is missing, broken, of another kind, or has no word in common with the
            vocabulary.
    """
    path, units = file_of_vectors(name), encoder.backend.get_vocab()
    ids = {unit.encode(): index for unit, index in units.items() if unit not in SPECIALS}
    exact: set[int] = set()
    folded: set[int] = set()
    with VectorFile(path) as file:
        matrix = np.zeros((encoder.vocab_size, file.width), np.float32)
        for record in file:
            index = ids.get(record.word)
            if index is not None and index not in exact:
                exact.add(index)
                matrix[index] = file.vector(record)
            elif index is None and lowercase:
                index = ids.get(_lower(record.word))
                if index is not None and index not in exact and index not in folded:
                    folded.add(index)
                    matrix[index] = file.vector(record)
    if not exact and not folded:
        some = ", ".join(list(units)[len(SPECIALS) :][:5])
        raise DataError(
            "no word of the vocabulary stands in this file",
            file=path,
            value=record.word.decode(errors="replace"),
            hint=f"the vocabulary has {some}, …: see {{--encode.tokenizer}}, {{--segment}}",
        )
    found = np.zeros(len(matrix), bool)
    found[[*exact, *folded]] = True
    drawn = np.random.default_rng(0).normal(0, matrix[found].std(), matrix.shape)
    matrix[~found] = drawn[~found]
    matrix[encoder.pad_id] = 0
    return WordVectors(path, matrix, found)


def _lower(word: bytes) -> bytes:
    return word.lower() if word.isascii() else word.decode(errors="replace").lower().encode()
