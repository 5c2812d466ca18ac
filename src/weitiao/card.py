"""The data card: the one plain value that data and models share."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, is_dataclass, replace
from typing import Any, Protocol

import numpy as np
import pyarrow as pa


class TargetCard(Protocol):
    """A target that was fitted: a frozen dataclass of plain values, whose path and values are kept.

    ``labels`` are the names of what there is to predict, in the order of the probabilities; none
    for a number.
    """

    @property
    def labels(self) -> Sequence[str]:
        """Their names."""
        ...

    def encode(self, table: pa.Table) -> pa.ChunkedArray:
        """The targets of readable rows, ``N`` of them.

        Raises:
            DataError: a cell is none of this target's; names file, row, column and value.
        """
        ...

    def written(self, decided: np.ndarray) -> list[str]:
        """Decisions ``(N, …)``, of the form of encoded targets, as they stand in a file."""
        ...


@dataclass(frozen=True)
class TokenInput:
    """What a model must know of texts that it reads as ids.

    Args:
        vocab_size: number of ids the tokenizer can produce.
        pad_id: id that fills a batch; masked out everywhere.
        max_length: longest sequence of ids, special ids included.
        pair: whether a row has two texts.
        vector_width: width of the word vectors the embeddings begin with; null = there are none.
        vectors: file of theirs, ``(vocab_size, vector_width)`` as NumPy saves it. It is left out
            where the card is written: a checkpoint has what became of them.
        linear_features: features of the solved linear model; null = there is none.
        linear: file of its weights, left out likewise.
    """

    vocab_size: int
    pad_id: int
    max_length: int
    pair: bool = False
    vector_width: int | None = None
    vectors: str | None = None
    linear_features: int | None = None
    linear: str | None = None

    def __post_init__(self) -> None:
        for name in ("vocab_size", "pad_id", "max_length"):
            if not isinstance(size := getattr(self, name), int):
                raise TypeError(f"{name} of the data card is a whole number, not {size!r}")


@dataclass(frozen=True)
class DataCard:
    """What a model must know of the data it is trained on.

    It is made by the DataModule, written beside the run as ``data_card.json`` and into every
    checkpoint, so that a checkpoint names its own labels.

    Args:
        input: what is read.
        target: what there is to predict.
        rows: rows per split, after the audit.
        fingerprint: hash of labels, ids, targets and word vectors: equal where data were prepared
            alike.
    """

    input: TokenInput
    target: TargetCard
    rows: dict[str, int] = field(default_factory=dict)
    fingerprint: str = ""

    def plain(self) -> dict[str, Any]:
        """The card as JSON-compatible values."""
        kind = type(self.target)
        values = asdict(replace(self, input=replace(self.input, vectors=None, linear=None)))
        path = f"{kind.__module__}.{kind.__qualname__}"
        return values | {"target": {"class_path": path, "init_args": values["target"]}}

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> DataCard:
        """The card that was written as these values.

        Raises:
            ValueError: the target's class is none that was imported: naming it imports nothing.
        """
        module, _, name = values["target"]["class_path"].rpartition(".")
        kind = getattr(sys.modules.get(module), name, None)
        if not (isinstance(kind, type) and is_dataclass(kind) and hasattr(kind, "encode")):
            raise ValueError(f"{module}.{name} is no target")
        target = kind(**values["target"]["init_args"])
        return cls(**{**values, "input": TokenInput(**values["input"]), "target": target})
